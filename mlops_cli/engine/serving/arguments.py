"""The members of a JSON object as arguments of `run()`, read as Azure's server reads them."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from mlops_cli.engine.serving.messages import Refusal

REQUIRED = inspect.Parameter.empty
_JSON_TYPE = re.compile(rb"application/(?:[^;]*\+)?json\s*(?:;|$)", re.IGNORECASE)


def check_type(content_type: bytes, is_decorated: bool) -> None:
    """Refusal (415) where Azure would not read the body: a decorated `run()` takes JSON that is called JSON."""
    if is_decorated and not _JSON_TYPE.match(content_type):
        hint = "send the header 'Content-Type: application/json'"
        raise Refusal(415, "UnsupportedMediaType", "Expects Content-Type to be application/json", hint=hint)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of `body`, NaN and infinities as they are; Refusal (400) for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = f"is not JSON: {error}" if body else "is empty"
        raise Refusal(400, "InvalidJson", f"the body {reason}", hint="send a JSON object") from error
    if not isinstance(value, dict):
        raise Refusal(400, "InvalidPayload", "the body is not a JSON object")
    return value


def fill(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """An argument for each parameter in `defaults`; what `run()` does not take is left out."""
    for name, default in defaults.items():
        if default is REQUIRED and name not in values:
            message = f"A value is not provided for the '{name}' parameter."
            raise Refusal(400, "InvalidPayload", message, hint=f"run() takes {', '.join(defaults)}")
    return {name: values.get(name, default) for name, default in defaults.items()}
