"""Compute targets with the unmodified SDK."""


def test_cluster_is_made_found_changed_and_deleted(program):
    found = program("compute")
    assert "ComputeTargetNotFound" in found["missing"]
    assert (found["nodes"], found["state"]) == (1, "Succeeded")
    assert found["scale"] == {"minNodeCount": 1, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT2400S"}
    assert (found["found"], found["listed"]) == ("AmlCompute", ["cpu-cluster"])
    assert found["grown"] == [2, 2]
    assert (found["max_nodes"], found["node_list"]) == (8, 2)
    assert found["sizes"] is True
    assert found["identities"] == ["SystemAssigned", "None"]
    assert found["active_runs"] == []
    assert "ComputeTargetNotFound" in found["after_delete"]
    assert "cpu-cluster" not in found["left"]


def test_what_azure_refuses(program):
    found = program("compute")
    assert "InvalidVmSize" in found["bad_size"]
    assert "InvalidName" in found["bad_name"] or "name" in found["bad_name"].lower()
    assert "not available" in found["name_taken"]
    assert "minNodeCount must not be greater" in found["out_of_scale"]


def test_kubernetes(program):
    found = program("compute")
    assert found["aks"] == ["Succeeded", 3]
    assert "userKubeConfig" in found["credentials"]
    assert found["attached"] == "Succeeded"
    assert found["resource"].endswith("/managedClusters/cluster")
    assert "aks-attached" not in found["left"]


def test_compute_instance(program):
    found = program("compute")
    assert (found["stopped"], found["running"]) == ("Stopped", "Running")


def test_credentials_of_what_was_attached(program):
    found = program("compute")["credentials_of"]
    assert (found["a-vm"]["username"], found["a-vm"]["password"]) == ("me", "secret")
    assert found["bricks"]["databricksAccessToken"] == "token"


def test_linked_services(program):
    found = program("compute")
    assert found["linked"] == [["spark-link"], True]
    assert found["unlinked"][0] == 0
    assert "spark-link was not found" in str(found["unlinked"][1])
