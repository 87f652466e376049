"""Routes as data: a service lists what it answers, the router finds it, the coverage table is read from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from mlops_cli.emulator.call import Call
from mlops_cli.emulator.errors import Dialect
from mlops_cli.emulator.hosts import path_of_today
from mlops_cli.emulator.wire.messages import Response

WORKSPACE = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
Handler = Callable[[Call], "Response | Mapping[str, Any] | list[Any] | str | None"]


@dataclass(frozen=True)
class Route:
    """One call the emulator answers. `template` has `{name}` for a segment and `{name*}` for the rest."""

    service: Service
    method: str
    template: str
    handler: Handler
    summary: str
    pattern: re.Pattern[str]


@dataclass
class Service:
    """One of Azure's services: where it is, how it writes errors, and what it answers.

    `host` is a pattern of `hosts.py`. `{W}` in a path stands for the workspace's ARM path; such a call is
    answered only when the workspace exists. `signed_in` asks for a bearer token of this instance.
    `escaped`: its clients may send the slashes of a workspace's path as %2F.
    """

    name: str
    title: str
    host: str
    dialect: Dialect
    signed_in: bool = True
    escaped: bool = False
    left_out: tuple[str, ...] = ()
    routes: list[Route] = field(default_factory=list)

    def route(self, method: str, path: str, summary: str) -> Callable[[Handler], Handler]:
        """Decorator: `handler(call)` answers `method` on `path`. Paths are matched without regard to case.

        `summary` names the calls of the SDK that end here. The handler returns a JSON value or a Response,
        or raises ApiError. Earlier routes win.
        """

        def register(handler: Handler) -> Handler:
            template = path.replace("{W}", WORKSPACE)
            pattern = _compiled(template, slash="(?:/|%2F)" if self.escaped else "/")
            self.routes.append(Route(self, method, template, handler, summary, pattern))
            return handler

        return register


@dataclass
class Found:
    route: Route
    params: dict[str, str]


class Router:
    """Finds the route of a call."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = list(services)
        self._hosts = [(re.compile(s.host, re.I), s) for s in self.services]

    def services_at(self, host: str) -> list[Service]:
        return [service for pattern, service in self._hosts if pattern.fullmatch(host)]

    def find(self, host: str, method: str, path: str) -> Found | None:
        path = path_of_today(host, path)
        for service in self.services_at(host):
            for route in service.routes:
                if route.method == method and (match := route.pattern.fullmatch(path)):
                    return Found(route, {k: unquote(v) for k, v in match.groupdict("").items()})
        return None


def _compiled(template: str, slash: str) -> re.Pattern[str]:
    escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}").replace(r"\*", "*")
    rest = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.*)", escaped.replace("/", slash))
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", rest) + "/?", re.I)
