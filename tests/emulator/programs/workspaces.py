"""Workspaces and their key vault."""

from azureml.core import LinkedService, Workspace
from azureml.core.linked_service import SynapseWorkspaceLinkedServiceConfiguration
from outcome import note, refused

ws = Workspace.from_config()
where = {"subscription_id": ws.subscription_id, "resource_group": ws.resource_group}
details = ws.get_details()
note(name=ws.name, location=ws.location, details=sorted(details), storage=details["storageAccount"])
note(missing=refused(lambda: Workspace.get("nope", **where)))
note(
    foreign=refused(
        lambda: Workspace.get(ws.name, "00000000-0000-0000-0000-000000000000", resource_group="x")
    )
)
made = Workspace.create(
    "second", location="eastus2", create_resource_group=True, exist_ok=True, tags={"a": "b"},
    subscription_id=ws.subscription_id, resource_group="another-rg",
)  # fmt: skip
note(created=made.name, created_tags=made.tags)
made.update(tags={"k": "v"}, friendly_name="Second")
note(updated=[made.get_details()["tags"], made.get_details()["friendlyName"]])
note(listed=sorted(Workspace.list(ws.subscription_id)))
note(listed_group=sorted(Workspace.list(ws.subscription_id, resource_group="another-rg")))
made.delete()
note(after_delete=sorted(Workspace.list(ws.subscription_id)))
note(keys=sorted(ws.list_keys()))
note(synced=refused(lambda: ws.sync_keys()))

vault = ws.get_default_keyvault()
vault.set_secret("one", "1")
vault.set_secrets({"two": "2", "three": "3"})
note(secret=vault.get_secret("one"), secrets=vault.get_secrets(["two", "three", "none"]))
note(secret_names=sorted(s["name"] for s in vault.list_secrets()))
vault.delete_secret("one")
vault.delete_secrets(["two"])
note(secret_names_left=[s["name"] for s in vault.list_secrets()])
note(secret_misnamed=refused(lambda: vault.set_secret("my_secret", "1")))
note(secret_missing=refused(lambda: vault.get_secret("one")))
ws.set_connection("feed", category="PythonFeed", target="https://feed.example", authType="PAT", value="{}")
note(
    connections=[
        ws.get_connection("feed")["name"],
        "feed.example" in ws.list_connections(category="PythonFeed"),
    ]
)
ws.delete_connection("feed")
note(connections_left=ws.list_connections())
note(problems=[found for found in ws.diagnose_workspace({"value": {}})["value"].values() if found])
spark = SynapseWorkspaceLinkedServiceConfiguration(ws.subscription_id, ws.resource_group, "spark")
LinkedService.register(ws, "synapse", spark)
linked = LinkedService.get(ws, "synapse")
note(
    linked=[
        sorted(ws.linked_services),
        linked.type.value,
        linked.linked_service_resource_id.rpartition("/")[2],
    ]
)
linked.unregister()
note(linked_left=LinkedService.list(ws))
