"""What a handler is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.wire.messages import Request

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App
    from mlops_cli.emulator.workspace import Workspace


@dataclass
class Call:
    """One request with the parameters of its path, the instance, and the workspace it is about.

    `claims` are those of the caller's token. `workspace` raises for routes without `{W}`.
    """

    app: App
    request: Request
    params: dict[str, str]
    claims: dict[str, Any]
    found: Workspace | None = None

    @property
    def workspace(self) -> Workspace:
        assert self.found is not None, "the route has no {W}"
        return self.found

    @property
    def query(self) -> dict[str, str]:
        return self.request.query

    @property
    def document(self) -> dict[str, Any]:
        """The body, which must be a JSON object (or empty)."""
        document = self.any_document
        if document is None:
            return {}
        if not isinstance(document, dict):
            raise bad_request("the body must be a JSON object")
        return document

    @property
    def any_document(self) -> Any:
        """The body as any JSON value."""
        try:
            return self.request.json
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise bad_request(f"the body is not JSON: {error}") from error

    def __getitem__(self, name: str) -> str:
        """A parameter of the path."""
        return self.params[name]
