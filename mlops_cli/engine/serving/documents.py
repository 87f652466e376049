"""All Swagger documents of a service: from the schema of its model, or from what decorates its `run()`."""

import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.messages import RUN_WENT_WELL, Refusal, Response
from mlops_cli.engine.serving.openapi31 import openapi31
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.swagger import Json, openapi3, swagger2


class Decoration(Struct):
    """What @input_schema and @output_schema of inference-schema say; `versions` such as "2.0" that can say it."""

    input: Json
    output: Json
    versions: list[str]


def documents(
    spec: ServiceSpec,
    schema: ModelSchema | None,
    *,
    decoration: Decoration | None = None,
    has_probabilities: bool = False,
) -> dict[str, bytes]:
    """Each document as JSON, by the `version` that clients ask for."""
    two, three = swagger2(spec, schema), openapi3(spec, schema)
    latest = openapi31(spec, schema, has_probabilities=has_probabilities)
    if schema is None and decoration:
        for definitions in (two["definitions"], *(d["components"]["schemas"] for d in (three, latest))):
            definitions.update(ServiceInput=decoration.input, ServiceOutput=decoration.output)
    parts = {"2": two, "2.0": two, "3": three, "3.0": three, "3.1": latest}
    known = [version[0] for version in decoration.versions] if decoration and schema is None else ["2", "3"]
    return {name: msgspec.json.encode(document) for name, document in parts.items() if name[0] in known}


def choose(found: dict[str, bytes], query: bytes) -> Response:
    """The document that a query asks for by its version; Refusal (404) when there is none of that version."""
    version = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("version", ["2"])[0]
    if version not in found:
        known = ", ".join(sorted(found))
        raise Refusal(404, "UnknownVersion", f"no swagger of version '{version}', use one of {known}")
    return Response(200, found[version], headers=RUN_WENT_WELL)


def decoration(run: Callable[..., Any]) -> Decoration | None:
    """What inference-schema knows of `run`; asked only when the script has imported that package."""
    schemas = sys.modules.get("inference_schema.schema_util")
    if schemas is None or not schemas.is_schema_decorated(run):
        return None
    # Samples may hold values, such as dates, that only their own str() writes.
    plain = [
        json.loads(json.dumps(part, default=str))
        for part in (schemas.get_input_schema(run), schemas.get_output_schema(run))
    ]
    return Decoration(plain[0], plain[1], schemas.get_supported_versions(run))
