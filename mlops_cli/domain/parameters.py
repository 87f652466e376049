"""What a run is given for the parameters of a pipeline."""

from math import isfinite
from typing import Any

from mlops_cli.domain.pipelines import Parameter
from mlops_cli.domain.references import as_text
from mlops_cli.errors import UsageError


def assigned(defaults: dict[str, Parameter], given: dict[str, Any]) -> dict[str, Parameter]:
    """The given parameters with the types of their defaults. Raises UsageError naming the one that is wrong."""
    result: dict[str, Parameter] = {}
    for name, value in given.items():
        if name not in defaults:
            known = ", ".join(defaults) or "it has none"
            raise UsageError(f"the pipeline has no parameter '{name}'; there is: {known}")
        result[name] = _typed(name, defaults[name], value)
    return result


def _typed(name: str, default: Parameter, value: Any) -> Parameter:
    try:
        if not isinstance(value, str | int | float | bool):
            raise ValueError
        match default:
            case bool():
                return {"true": True, "false": False}[as_text(value).lower()]
            case int() if not isinstance(value, bool) and float(value).is_integer():
                return int(value)
            case float() if not isinstance(value, bool) and isfinite(float(value)):
                return float(value)
            case str():
                return as_text(value)
    except (ValueError, KeyError, OverflowError):
        pass
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    raise UsageError(f"parameter '{name}' expects {kinds[type(default)]}, got {value!r}")
