"""Errors about things that are not there, worded as on every backend."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_cli.errors import NotFoundError


def no_version(word: str, name: str, version: int | None, known: Iterable[str]) -> NotFoundError:
    """`word` is dataset or model."""
    wanted = name if version is None else f"{name}:{version}"
    names = sorted(set(known))
    have = f"there is: {', '.join(names)}" if names else f"no {word} is registered yet"
    have = "there are other versions of it" if name in names else have
    verb = "data" if word == "dataset" else "models"
    return NotFoundError(f"no {word} '{wanted}'; {have}", hint=f"see: mlops {verb} list")


def no_run(run_id: str) -> NotFoundError:
    return NotFoundError(f"no run '{run_id}'", hint="see: mlops runs list")


def no_pipeline_run(run_id: str) -> NotFoundError:
    return NotFoundError(f"no run '{run_id}' of a pipeline", hint="see: mlops pipeline runs")


def no_endpoint(name: str, known: Iterable[str]) -> NotFoundError:
    have = ", ".join(known) or "nothing is deployed yet"
    return NotFoundError(f"no endpoint '{name}'; there is: {have}", hint="see: mlops endpoints list")
