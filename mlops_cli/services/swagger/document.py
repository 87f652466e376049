"""What `swagger --check` means: the document is sound, and the service answers its own example."""

from collections.abc import Iterator
from typing import Any

from mlops_cli.errors import WorkFailedError
from mlops_cli.services.scoring.client import ServiceClient

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def check(client: ServiceClient, document: dict[str, Any]) -> dict[str, Any]:
    """Validate the document and score its example; what was found good.

    Raises WorkFailedError with every fault, or with the service's refusal of its own example.
    """
    faults = list(problems(document))
    name = client.endpoint.name
    if faults:
        raise WorkFailedError(f"the Swagger document of {name} has {len(faults)} faults", details=faults)
    payload = example(document)
    answer = client.score(payload) if payload is not None else None
    operations = sum(method in METHODS for path in document["paths"].values() for method in path)
    return {"name": name, "valid": True, "operations": operations, "example_scored": payload is not None,
            "answer": answer}  # fmt: skip


def example(document: dict[str, Any]) -> Any:
    """The example payload of ServiceInput; None when there is none."""
    schema = _schemas(document).get("ServiceInput", {})
    return schema.get("example") or next(iter(schema.get("examples", [])), None)


def problems(document: dict[str, Any]) -> Iterator[str]:
    """Why this is no valid Swagger 2.0 or OpenAPI 3 document of a scoring service, after the specifications."""
    if document.get("swagger") != "2.0" and not str(document.get("openapi", "")).startswith("3."):
        yield "neither swagger 2.0 nor openapi 3"
    info = document.get("info")
    for member in ("title", "version"):
        if not isinstance(info, dict) or not isinstance(info.get(member), str):
            yield f"info.{member} is missing"
    paths = document.get("paths")
    if not isinstance(paths, dict):
        yield "paths is missing"
        return
    if "post" not in (paths.get("/score") or {}):
        yield "paths has no POST /score"
    for path, item in paths.items():
        yield from _path_problems(path, item)
    yield from (
        f"{reference} leads nowhere" for reference in _references(document) if not _find(document, reference)
    )


def _path_problems(path: str, item: Any) -> Iterator[str]:
    if not path.startswith("/"):
        yield f"path {path} does not start with /"
    for method, operation in (item if isinstance(item, dict) else {}).items():
        if method in METHODS and not operation.get("responses"):
            yield f"{method} {path} has no responses"


def _references(value: Any) -> Iterator[str]:
    children: Any = ()
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        children = value.values()
    elif isinstance(value, list):
        children = value
    for child in children:
        yield from _references(child)


def _find(document: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return False
    for key in reference[2:].split("/"):
        document = document.get(key) if isinstance(document, dict) else None
    return document is not None


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document.get("definitions") or document.get("components", {}).get("schemas") or {}
    return found
