"""What a scoring service promises its clients, read from a document of any version or from a model's schema."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from mlops_cli.domain.data import Scalar
from mlops_cli.domain.schema import InputField, ModelSchema

METHODS = ("get", "put", "post", "delete", "patch")
_DEEPEST = 12


class Leaf(Struct):
    """One value in a payload or an answer. `type` is JSON Schema's, "any" where nothing is said."""

    type: str
    format: str | None = None
    required: bool = True
    nullable: bool = False
    values: list[Scalar] = field(default_factory=list)
    minimum: Scalar = None
    maximum: Scalar = None

    def known(self) -> str:
        """Range or values of the training data in words."""
        if self.values:
            return ", ".join(sorted(map(str, self.values)))
        return f"{self.minimum} to {self.maximum}" if self.minimum is not None else ""


class Contract(Struct):
    """Leaves by their path, as in `data[].age`; `outputs` is empty where the document does not tell."""

    name: str
    operations: set[str]
    needs_key: bool
    inputs: dict[str, Leaf]
    outputs: dict[str, Leaf]


def of_document(name: str, document: dict[str, Any]) -> Contract:
    """The contract in a Swagger 2.0 or OpenAPI 3 document of a scoring service."""
    schemas = document.get("definitions") or document.get("components", {}).get("schemas") or {}
    paths = document["paths"]
    operations = {f"{m.upper()} {path}" for path, item in paths.items() for m in item if m in METHODS}
    score = (paths.get("/score") or {}).get("post") or {}
    output = schemas.get("ServiceOutput", {})
    return Contract(
        name=name,
        operations=operations,
        needs_key=bool(score.get("security", document.get("security"))),
        inputs=dict(_leaves(schemas.get("ServiceInput", {}), document)),
        outputs=dict(_leaves(_answer(output), document)),
    )


def of_schema(name: str, schema: ModelSchema, *, needs_key: bool) -> Contract:
    """The contract of the service that mlops makes of a model."""
    member = "forecast" if schema.task == "forecasting" else "result"
    outputs = {f"{member}[]": Leaf(_json_type(schema.output_type), values=list(schema.classes or []))}
    if schema.task == "forecasting":
        outputs["index[]"] = Leaf("object", required=False)
    return Contract(
        name=name,
        operations={"GET /", "POST /score"},
        needs_key=needs_key,
        inputs={f"data[].{column.name}": _column(column) for column in schema.inputs},
        outputs=outputs,
    )


def _column(column: InputField) -> Leaf:
    is_date = column.type == "datetime"
    return Leaf(
        type=_json_type(column.type),
        format="date-time" if is_date else None,
        nullable=column.nullable,
        values=list(column.categories or []),
        minimum=None if is_date else column.minimum,
        maximum=None if is_date else column.maximum,
    )


def _json_type(kind: str) -> str:
    return "string" if kind == "datetime" else kind


def _answer(output: dict[str, Any]) -> dict[str, Any]:
    """The schema of the decoded answer: inside a JSON text, or Azure's bare array of labels."""
    if "contentSchema" in output:
        content: dict[str, Any] = output["contentSchema"]
        return content
    if output.get("type") == "array":
        return {"type": "object", "properties": {"result": output}}
    return {} if output.get("type") == "string" else output


def _leaves(
    schema: dict[str, Any], document: dict[str, Any], path: str = "", *, required: bool = True, depth: int = 0
) -> Iterator[tuple[str, Leaf]]:
    schema = _resolved(schema, document)
    if depth > _DEEPEST:
        return
    if isinstance(schema.get("properties"), dict):
        # Without a list of what is required a document leaves it open; the services it describes want it all.
        wanted = schema.get("required", list(schema["properties"]))
        for name, member in schema["properties"].items():
            below = f"{path}.{name}" if path else name
            yield from _leaves(member, document, below, required=required and name in wanted, depth=depth + 1)
    elif isinstance(schema.get("items"), dict):
        yield from _leaves(schema["items"], document, f"{path}[]", required=required, depth=depth + 1)
    elif path:
        yield path, _leaf(schema, required)


def _leaf(schema: dict[str, Any], required: bool) -> Leaf:
    kinds = schema.get("type", "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    form = schema.get("format")
    return Leaf(
        type="/".join(kind for kind in kinds if kind != "null"),
        format=form if form in ("date", "date-time", "byte", "binary") else None,
        required=required,
        nullable="null" in kinds or bool(schema.get("nullable")),
        values=[value for value in schema.get("enum", []) if value is not None],
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
    )


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    for _ in range(_DEEPEST):
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        found: Any = document
        for key in reference[2:].split("/"):
            found = found.get(key, {}) if isinstance(found, dict) else {}
        schema = found
    return schema
