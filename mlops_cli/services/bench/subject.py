"""What `bench` aims at on any backend: the service, its key, and payloads that it understands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.backends.base import Backend
from mlops_cli.bench.session import Aim
from mlops_cli.bench.target import Target, check_concurrency, open_target, parse
from mlops_cli.config import LoadedProfile
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.domain.runs import Model
from mlops_cli.errors import NotFoundError, UsageError
from mlops_cli.services.bench import payloads
from mlops_cli.services.deploy import endpoint_name

LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Options:
    """What the command line says; None where it says nothing. `connections` is what that comes to.

    `ask` puts a question to whoever sits there; without anybody the answer is no.
    """

    name: str | None = None
    url: str | None = None
    key: str | None = None
    headers: tuple[str, ...] = ()
    data: Path | None = None
    batch_rows: int = 1
    check: bool = True
    verify: bool = False
    proxy: str | None = None
    no_proxy: str = ""
    cacert: Path | None = None
    insecure: bool = False
    requests: int | None = None
    concurrency: int | None = None
    duration: float | None = None
    rate: float | None = None
    warmup: int | None = None
    timeout: float = 60.0
    keep_alive: bool = True
    yes: bool = False
    ask: Callable[[str], bool] = lambda _: False
    connections: int = 1


@dataclass(frozen=True)
class Service:
    """What is aimed at, and what is known of it beyond its URL."""

    aim: Aim
    drawn: str
    endpoint: Endpoint | None = None


def find(config: LoadedProfile, backend: Callable[[], Backend], options: Options, cwd: Path) -> Service:
    """The service with its key and payloads. `backend` is asked for only when a name is given."""
    headers = _headers(options)
    if options.url is None:
        return _deployed(config, backend(), options, cwd, headers)
    if options.data is None:
        raise UsageError("--url needs payloads", hint="give rows or payloads: --data FILE")
    if options.verify:
        raise UsageError("--verify needs the model", hint="give the NAME of an endpoint instead of --url")
    bodies = payloads.from_file(cwd / options.data, None, options.batch_rows)
    return Service(_aim(options.url, options.url, options, headers, bodies), str(options.data))


def example_row(service: Service) -> dict[str, Any]:
    """A true row, to be spoiled by the probes. Raises NotFoundError where payloads are not rows."""
    body = msgspec.json.decode(service.aim.bodies[0])
    rows = body.get("data") if isinstance(body, dict) else None
    if not rows or not isinstance(rows[0], dict):
        message = "the payloads are no rows of named columns, so there is nothing to vary"
        raise NotFoundError(message, hint="give rows: --data FILE")
    row: dict[str, Any] = rows[0]
    return row


def _deployed(
    config: LoadedProfile, backend: Backend, options: Options, cwd: Path, headers: dict[str, str]
) -> Service:
    endpoint = backend.endpoints.get(endpoint_name(config, options.name))
    bearer = options.key or _bearer(backend, endpoint)
    if bearer:
        headers = {"authorization": f"Bearer {bearer}"} | headers
    model = backend.models.get(endpoint.model_name, endpoint.model_version) if endpoint.model_name else None
    bodies, drawn = _payloads(config, backend, options, cwd, model, endpoint)
    expected = None
    if options.verify:
        if model is None:
            raise UsageError(f"--verify needs a model, and {endpoint.name} has none")
        expected = payloads.own_answers(Path(model.path), bodies)
    aim = _aim(endpoint.name, endpoint.scoring_uri, options, headers, bodies)
    return Service(replace(aim, expected=expected), drawn, endpoint)


def _payloads(
    config: LoadedProfile,
    backend: Backend,
    options: Options,
    cwd: Path,
    model: Model | None,
    endpoint: Endpoint,
) -> tuple[list[bytes], str]:
    schema = model.model_schema if model else None
    if options.data:
        return payloads.from_file(cwd / options.data, schema, options.batch_rows), str(options.data)
    if model is None or schema is None:
        message = f"{endpoint.name} runs a script of your own: what it takes is not known"
        raise NotFoundError(message, hint="give rows or payloads: --data FILE")
    return payloads.from_backend(backend, config.home, model, schema, options.batch_rows)


def _aim(name: str, url: str, options: Options, headers: dict[str, str], bodies: list[bytes]) -> Aim:
    def admit(target: Target) -> None:
        check_concurrency(target, options.connections, lambda question: options.yes or options.ask(question))

    proxy = None if is_direct(url, options.no_proxy) else options.proxy
    target = open_target(url, proxy=proxy, ca_file=options.cacert, insecure=options.insecure, admit=admit)
    return Aim(name, target, bodies, headers, checked=options.check)


def is_direct(url: str, no_proxy: str) -> bool:
    """Whether no proxy is asked for the URL: this machine, and the hosts of `no_proxy`."""
    if parse(url)[1] in LOCAL:
        return True
    from requests.utils import should_bypass_proxies

    return bool(should_bypass_proxies(url, no_proxy))


def _headers(options: Options) -> dict[str, str]:
    headers = {"authorization": f"Bearer {options.key}"} if options.key else {}
    for text in options.headers:
        name, colon, value = text.partition(":")
        if not colon:
            raise UsageError(f"'{text}' is not a header", hint="write --header 'Name: value'")
        headers[name.strip().lower()] = value.strip()
    return headers


def _bearer(backend: Backend, endpoint: Endpoint) -> str | None:
    match endpoint.auth:
        case "key":
            return backend.endpoints.keys(endpoint.name).primary
        case "token":
            return backend.endpoints.token(endpoint.name)[0]
        case _:
            return None
