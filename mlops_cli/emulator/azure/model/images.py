"""Images of models: what services were made of before there were environments.

None is built. A service of an image is made of the files that would have gone into it.
"""

from __future__ import annotations

import re

from mlops_cli.emulator.azure.artifact.artifacts import CONTAINER
from mlops_cli.emulator.azure.model.models import Filter, Models
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace


class Images:
    """The images of one workspace; an id is `name:version`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _documents(self) -> Collection:
        return self._workspace.collection("images")

    def create(self, posted: Document, log: str) -> Document:
        """Add the next version of an image. Raises ApiError 400 for a model that does not exist."""
        found = {model_id: Models(self._workspace).get(model_id) for model_id in posted.get("modelIds") or []}
        if missing := [model_id for model_id, model in found.items() if model is None]:
            raise bad_request(f"Model {missing[0]} was not found.", "BadRequest")
        given = {key: value for key, value in posted.items() if value is not None}
        with self._workspace.state.transaction():
            counter = self._workspace.collection("image-versions")
            version = (counter.get(posted["name"]) or {"last": 0})["last"] + 1
            counter.put(posted["name"], {"last": version})
            document = {
                "description": None, "kvTags": {}, "properties": {}, **given,
                "id": f"{posted['name']}:{version}", "version": version, "createdTime": now(),
                "creationState": "Succeeded", "imageBuildLogUri": log, "modelIds": list(found),
                "modelDetails": list(found.values()), "assets": [_asset(one) for one in given["assets"]],
                "imageLocation": f"{self._workspace.storage}.azurecr.io/{posted['name']}:{version}",
            }  # fmt: skip
            return self._documents.put(document["id"], document)

    def find(self, wanted: Filter) -> list[Document]:
        """Images that `wanted` accepts, newest first."""
        return [document for document in self._documents.all(newest_first=True) if wanted(document)]

    def get(self, image_id: str) -> Document | None:
        return self._documents.get(image_id)

    def put(self, document: Document) -> Document:
        return self._documents.put(document["id"], document)

    def delete(self, image_id: str) -> bool:
        return self._documents.delete(image_id)

    def request(self, image_id: str) -> Document | None:
        """What a service of the image is made of."""
        image = self.get(image_id)
        if image is None:
            return None
        variables = {"AZUREML_ENTRY_SCRIPT": self._entry_script(image)}
        kept = {key: image.get(key) for key in ("driverProgram", "assets", "modelIds")}
        return kept | {"environment": {"name": image["name"], "environmentVariables": variables}}

    def _entry_script(self, image: Document) -> str:
        """The client's driver names it. It is where the script was on the client."""
        driver = next(one for one in image["assets"] if one["id"] == image["driverProgram"])
        name = re.sub(r"^aml://artifact/", "", driver["url"])
        blob = self._workspace.state.blobs.get(self._workspace.storage, CONTAINER, name)
        found = (
            re.search(r"os\.path\.realpath\(__file__\)\), '(.+?)'\)", blob.path.read_text()) if blob else None
        )
        return found[1].lstrip("/") if found else "score.py"


def _asset(posted: Document) -> Document:
    return {"mimeType": None, "unpack": False, **posted}
