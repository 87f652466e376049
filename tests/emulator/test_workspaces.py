"""Workspaces and key vaults with the unmodified SDK."""


def test_workspace_is_found_and_described(program, emulator):
    found = program("workspaces")
    assert found["name"] == emulator.identity.workspace_name
    assert found["location"] == "eastus2"
    assert {"keyVault", "applicationInsights", "storageAccount", "discoveryUrl"} <= set(found["details"])
    assert "/Microsoft.Storage/storageAccounts/" in found["storage"]


def test_what_does_not_exist_is_not_found(program):
    found = program("workspaces")
    assert "Workspace not found" in found["missing"]
    assert found["foreign"] != "nothing"


def test_workspace_is_created_updated_listed_and_deleted(program, emulator):
    found, own = program("workspaces"), emulator.identity.workspace_name
    assert found["created"] == "second"
    assert found["created_tags"]["a"] == "b"
    assert found["updated"] == [{"k": "v"}, "Second"]
    assert {own, "second"} <= set(found["listed"])
    assert found["listed_group"] == ["second"]
    assert own in found["after_delete"]
    assert "second" not in found["after_delete"]


def test_keys(program):
    found = program("workspaces")
    assert "userStorageKey" in found["keys"]
    assert found["synced"] == "nothing"


def test_key_vault(program):
    found = program("workspaces")
    assert found["secret"] == "1"
    assert found["secrets"] == {"two": "2", "three": "3", "none": None}
    assert found["secret_names"] == ["one", "three", "two"]
    assert found["secret_names_left"] == ["three"]
    assert "Secret one not found" in found["secret_missing"]
    assert "invalid name: my_secret" in found["secret_misnamed"]


def test_connections(program):
    found = program("workspaces")
    assert found["connections"] == ["feed", True]
    assert found["connections_left"] == "[]"


def test_diagnosis_and_linked_services(program):
    found = program("workspaces")
    assert found["problems"] == []
    assert found["linked"] == [["synapse"], "Synapse", "spark"]
    assert found["linked_left"] == []
