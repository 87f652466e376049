"""Datastores of a workspace."""

from __future__ import annotations

from mlops_cli.emulator.azure.artifact.artifacts import CONTAINER
from mlops_cli.emulator.state import Collection, Document, State
from mlops_cli.emulator.workspace import Workspace

DEFAULT = "workspaceblobstore"
FILES = "workspacefilestore"
ARTIFACTS = "workspaceartifactstore"
AUTHORITY = "https://login.microsoftonline.com"


def collection(workspace: Workspace) -> Collection:
    return workspace.collection("datastores")


def add_defaults(workspace: Workspace, storage_key: str) -> None:
    """What every new workspace has: a blob container, a file share, and the container of the files of runs."""
    blob = _section(workspace, workspace.container, storage_key)
    share = _section(workspace, f"azureml-filestore-{workspace.id}", storage_key)
    datastores = collection(workspace)
    datastores.put(DEFAULT, {**_document(DEFAULT, "AzureBlob"), "azureStorageSection": blob})
    datastores.put(FILES, {**_document(FILES, "AzureFile"), "azureStorageSection": share})
    artifacts = _section(workspace, CONTAINER, storage_key)
    datastores.put(ARTIFACTS, {**_document(ARTIFACTS, "AzureBlob"), "azureStorageSection": artifacts})
    workspace.state.blobs.add_container(*_container("AzureFile", share))
    workspace.collection("settings").put("default-datastore", {"name": DEFAULT})


def default_name(workspace: Workspace) -> str:
    setting = workspace.collection("settings").get("default-datastore")
    return str(setting["name"]) if setting else DEFAULT


def set_default(workspace: Workspace, name: str) -> None:
    workspace.collection("settings").put("default-datastore", {"name": name})


def find(workspace: Workspace, name: str) -> Document | None:
    """By name, without regard to case."""
    return collection(workspace).get(name.lower())


def add(workspace: Workspace, posted: Document) -> Document:
    """Add or replace a datastore as a client posts it; Azure fills in what is left out, its name is lower case."""
    name = posted["name"].lower()
    document = {**_document(name, posted["dataStoreType"]), **_without_nulls(posted), "name": name}
    section = document.get("azureStorageSection")
    if section:
        document["azureStorageSection"] = section = {
            **_storage_defaults(workspace),
            **_without_nulls(section),
        }
        if credential := section.get("credential"):
            section |= _credential(section["credentialType"], credential)
        if place := container(document):
            workspace.state.blobs.add_container(*place)
    for key in [key for key in document if key.endswith("Section")]:
        _trust(workspace, document[key])
    return collection(workspace).put(name, document)


def _credential(kind: str, credential: str) -> Document:
    """Where clients look for it."""
    if kind == "Sas":
        return {"sasToken": credential, "isSas": True}
    return {"accountKey": credential} if kind == "AccountKey" else {}


def _trust(workspace: Workspace, section: Document) -> None:
    """The service principal that a user brings with a datastore may sign in: nobody else could vouch for it."""
    credentials = section.get("clientCredentials") or section
    if credentials.get("clientId"):
        # Without an authority the reader of datasets asks nowhere, for minutes.
        credentials["authorityUrl"] = credentials.get("authorityUrl") or AUTHORITY
        principals(workspace.state).put(
            credentials["clientId"], {"clientSecret": credentials.get("clientSecret")}
        )


def principals(state: State) -> Collection:
    return state.collection("datastore-principals")


def container(datastore: Document) -> tuple[str, str] | None:
    """The account and container of its files in the store of blobs; None for a datastore without files."""
    section = datastore.get("azureStorageSection")
    return _container(datastore["dataStoreType"], section) if section else None


def _container(kind: str, section: Document) -> tuple[str, str]:
    account = section["accountName"]
    # A share is no container: an account may have one of each with the same name.
    return f"{account}.file" if kind == "AzureFile" else account, section["containerName"]


def _without_nulls(document: Document) -> Document:
    return {k: v for k, v in document.items() if v is not None}


def _document(name: str, kind: str) -> Document:
    return {"name": name, "dataStoreType": kind, "hasBeenValidated": True, "tags": {}}


def _storage_defaults(workspace: Workspace) -> Document:
    return {
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentialType": "None",
        "sasToken": None,
        "isSas": False,
        "subscriptionId": workspace.subscription,
        "resourceGroup": workspace.group,
        "serviceDataAccessAuthIdentity": "None",
    }


def _section(workspace: Workspace, container: str, key: str) -> Document:
    return {
        **_storage_defaults(workspace),
        "accountName": workspace.storage,
        "containerName": container,
        "credentialType": "AccountKey",
        "credential": key,
        "accountKey": key,
    }
