"""What the emulator answers and what it leaves out, read from the routes themselves."""

from __future__ import annotations

from msgspec import Struct

from mlops_cli.emulator.azure import SERVICES
from mlops_cli.emulator.router import WORKSPACE


class Entry(Struct):
    """One route; `path` has {W} for the path of a workspace."""

    method: str
    path: str
    used_by: str


class Covered(Struct):
    service: str
    title: str
    routes: list[Entry]
    left_out: list[str]


def coverage() -> list[Covered]:
    """Every service of Azure with its routes, in the order in which they are tried."""
    return [
        Covered(
            service.name,
            service.title,
            [Entry(r.method, r.template.replace(WORKSPACE, "{W}"), r.summary) for r in service.routes],
            list(service.left_out),
        )
        for service in SERVICES
        if service.name != "control"
    ]
