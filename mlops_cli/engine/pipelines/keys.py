"""What makes two executions of a step the same work: code, inputs and parameters, by content."""

import hashlib
from typing import Any

import msgspec

from mlops_cli.domain.pipelines import Step, type_of

SCHEME = 1
"""Raised when a step of the same settings would leave something else behind."""
NOT_WORK = ("name", "inputs", "after", "compute", "retries", "timeout_minutes", "allow_reuse")


def step_key(step: Step, code: str | None, inputs: dict[str, str]) -> str:
    """SHA-256 over a step's type, settings, code hash and the content hashes of its inputs."""
    settings: dict[str, Any] = msgspec.to_builtins(step)
    work = {name: value for name, value in settings.items() if name not in NOT_WORK}
    what = (SCHEME, type_of(step), work, code, inputs)
    return hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()
