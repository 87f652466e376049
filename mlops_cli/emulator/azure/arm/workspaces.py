"""Workspaces: ARM resources whose names are told apart without regard to case."""

from __future__ import annotations

import hashlib
import uuid

from mlops_cli.emulator.azure.datastore.datastores import add_defaults
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.instance import Identity
from mlops_cli.emulator.state import Collection, Document, State
from mlops_cli.emulator.workspace import Workspace

TYPE = "Microsoft.MachineLearningServices/workspaces"
CONTAINERS = ("azureml", "snapshots")


class Workspaces:
    """The workspaces of an instance."""

    def __init__(self, state: State, identity: Identity) -> None:
        self._state = state
        self._identity = identity

    @property
    def _documents(self) -> Collection:
        return self._state.collection("workspaces")

    def get(self, subscription: str, group: str, name: str) -> Workspace | None:
        document = self._documents.get(_key(subscription, group, name))
        return self._workspace(document) if document else None

    def ensure(self, subscription: str, group: str, name: str, **fields: object) -> Workspace:
        """The workspace, made when it does not exist: with storage, containers and default datastores."""
        with self._state.transaction():
            found = self.get(subscription, group, name)
            if found:
                return found
            document = self._new(subscription, group, name, fields)
            workspace = self._workspace(self._documents.put(_key(subscription, group, name), document))
            for container in (workspace.container, *CONTAINERS):
                self._state.blobs.add_container(workspace.storage, container)
            add_defaults(workspace, self._identity.storage_key)
            return workspace

    def change(self, workspace: Workspace, changes: Document) -> Workspace:
        """Merge a PATCH: tags and the identity are replaced, properties are merged."""

        def apply(document: Document) -> None:
            document["properties"] |= changes.get("properties") or {}
            document |= {
                k: v for k, v in changes.items() if k in ("tags", "identity", "sku") and v is not None
            }

        key = _key(workspace.subscription, workspace.group, workspace.name)
        document = self._documents.change(key, apply)
        assert document is not None, "the workspace was just read"
        return self._workspace(document)

    def delete(self, workspace: Workspace) -> None:
        self._documents.delete(_key(workspace.subscription, workspace.group, workspace.name))

    def all(self, subscription: str, group: str | None = None) -> list[Workspace]:
        prefix = _key(subscription, group, "") if group else f"{subscription.lower()}/"
        return [self._workspace(document) for document in self._documents.under(prefix)]

    def has_group(self, subscription: str, group: str) -> bool:
        """Groups of workspaces, groups that were made, and those that Azure makes for logs."""
        if group.lower().startswith("defaultresourcegroup-"):
            return True
        made = self._state.collection("resource-groups").get(f"{subscription}/{group}".lower())
        return made is not None or bool(self.all(subscription, group))

    def groups(self, subscription: str) -> list[str]:
        """The groups that were made, and those of workspaces."""
        made = self._state.collection("resource-groups").under(f"{subscription}/".lower())
        names = [document["name"] for document in made] + [one.group for one in self.all(subscription)]
        return sorted({name.lower(): name for name in names}.values())

    def add_group(self, subscription: str, group: str) -> None:
        self._state.collection("resource-groups").put(f"{subscription}/{group}".lower(), {"name": group})

    def subscriptions(self) -> list[str]:
        """The instance's own subscription first, then those of further workspaces."""
        others = {document["id"].split("/")[2].lower() for document in self._documents.all()}
        own = self._identity.subscription_id.lower()
        return [own, *sorted(others - {own})]

    def _workspace(self, document: Document) -> Workspace:
        parts = document["id"].split("/")
        properties = document["properties"]
        storage = properties["storageAccount"].rsplit("/", 1)[1]
        return Workspace(
            self._state, parts[2], parts[4], document["name"], properties["workspaceId"],
            document["location"], storage, document,
        )  # fmt: skip

    def _new(self, subscription: str, group: str, name: str, fields: Document) -> Document:
        base = f"/subscriptions/{subscription}/resourceGroups/{group}/providers"
        location = str(fields.get("location") or self._identity.location)
        digest = hashlib.sha256(f"{self._identity.storage_suffix}{base}{name}".lower().encode()).hexdigest()[
            :10
        ]
        short = "".join(c for c in name.lower() if c.isalnum())[:8]
        guid = str(uuid.uuid4())
        return {
            "id": f"{base}/{TYPE}/{name}",
            "name": name,
            "type": TYPE,
            "location": location,
            "sku": fields.get("sku") or {"name": "Basic", "tier": "Basic"},
            "tags": fields.get("tags") or {},
            "identity": {
                "principalId": str(uuid.uuid4()), "tenantId": self._identity.tenant_id, "type": "SystemAssigned",
            },
            "properties": {
                "friendlyName": fields.get("friendly_name") or name,
                "description": fields.get("description") or "",
                "storageAccount": f"{base}/Microsoft.Storage/storageAccounts/{short}{digest}",
                "keyVault": f"{base}/Microsoft.KeyVault/vaults/{short}{digest}",
                "applicationInsights": f"{base}/Microsoft.Insights/components/{short}{digest}",
                "workspaceId": guid,
                "workspaceid": guid,
                "discoveryUrl": f"https://{location}.api.azureml.ms/discovery",
                "provisioningState": "Succeeded",
                "creationTime": now(),
                "hbiWorkspace": bool(fields.get("hbi_workspace")),
                "allowPublicAccessWhenBehindVnet": False,
            },
        }  # fmt: skip


def _key(subscription: str, group: str, name: str) -> str:
    return f"{subscription}/{group}/{name}".lower()
