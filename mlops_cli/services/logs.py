"""What `logs` means on any backend: a query out of options, and a word about a service that is not running."""

import re
from datetime import UTC, datetime, timedelta

from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.errors import UsageError
from mlops_cli.status import EndpointState

SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime | None = None) -> str:
    """A span that reaches back from now (10m, 2h, 1d) or ISO 8601, as ISO 8601 in UTC. Raises UsageError."""
    if match := SPAN.fullmatch(text):
        past = timedelta(**{UNITS[match[2]]: float(match[1])})
        return ((now or datetime.now(UTC)) - past).isoformat()
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        hint = "write a span such as 30s, 10m, 2h or 1d, or a time such as 2026-01-31T12:00:00"
        raise UsageError(f"'{text}' is not a time", hint=hint) from None
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def warning(endpoint: Endpoint) -> str | None:
    """What to say about an endpoint that does not run as it should, with the next command."""
    if endpoint.state == EndpointState.HEALTHY:
        return None
    why = f": {endpoint.error}" if endpoint.error else ""
    return f"{endpoint.name} is {endpoint.state}{why}; next: mlops endpoints start {endpoint.name}"
