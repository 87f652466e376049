"""Datastores, blobs and datasets with the unmodified SDK (whose reader is native code)."""


def test_datastores(program):
    found = program("data")
    assert found["default"] == "workspaceblobstore"
    assert found["stores"] == ["workspaceartifactstore", "workspaceblobstore", "workspacefilestore"]
    assert "Could not find datastore: nope" in found["missing"]
    assert found["registered"] == "mine"
    assert "already exists" in found["again"]
    assert "letters, digits and underscores: not-mine" in found["misnamed"]
    assert found["new_default"] == "mine"
    assert "cannot be deleted" in found["delete_default"]
    assert found["unregistered"] is True


def test_files_go_up_and_come_back(program):
    found = program("data")
    assert found["downloaded"] == ["up/sub/p.parquet", "up/t.csv", "up/ü ü.csv"]
    assert found["big_same"] is True


def test_blob_client(program):
    found = program("data")
    assert (found["blob"], found["meta"]) == ("hello", {"who": "me"})
    assert found["pages"] == [2, 1]
    assert found["folders"] == ["up/sub/", "up/t.csv", "up/ü ü.csv"]
    assert found["blob_gone"] == "ResourceNotFoundError"
    assert found["container"].startswith("azureml-blobstore-")
    assert found["container_again"] == "ResourceExistsError"


def test_containers_are_listed_emptied_and_removed(program):
    found = program("data")
    assert (found["many"], found["kept_blobs"]) == ([202, 404], ["folder/b", "folder/c"])
    assert found["containers"] == [True, False, "ResourceNotFoundError"]


def test_blobs_are_read_by_signatures_that_clients_make_with_the_key(program):
    found = program("data")
    assert found["signed"] == ["c", "text/csv"]
    assert found["signed_for_another"] == "ClientAuthenticationError"
    assert "comp=tags is not supported" in found["blob_tags"]


def test_blobs_are_copied(program):
    found = program("data")
    assert found["copied"] == ["hello", "success", "success", {"who": "me"}]
    assert (found["nothing_to_copy"], found["still"]) == ("ResourceNotFoundError", 5)


def test_tables_are_read(program):
    found = program("data")
    assert (found["shape"], found["columns"]) == ([100, 3], ["a", "b", "c"])
    assert (found["glob"], found["parquet"]) == ([200, 3], [100, 3])
    assert found["no_file"].startswith("DatasetValidationError")
    assert (found["take"], found["split"]) == ([3, 3], 100)
    assert found["pandas"] == [100, 3]


def test_datasets_have_names_and_versions(program):
    found = program("data")
    assert found["version"] == 1
    assert "already a dataset registered" in found["taken"]
    assert "table" in found["identical"]
    assert found["versions"] == [2, 2, 1]
    assert "Cannot find dataset" in found["no_name"]
    assert "version: 7" in found["no_version"]
    assert found["by_id"] == "table"
    assert "Cannot find dataset with id" in found["no_id"]
    assert found["listed"] == {"table": 2}


def test_datasets_are_changed_and_unregistered(program):
    found = program("data")
    assert found["tags"] == {"z": "1"}
    assert found["tags_left"] == {}
    assert found["described"] == "new"
    assert found["left"] == ["table"]


def test_file_datasets(program):
    found = program("data")
    assert found["paths"] == ["/sub/p.parquet", "/t.csv", "/ü ü.csv"]
    assert found["fetched"] == 3
    assert found["directory"] == ["/sub/p.parquet", "/t.csv", "/ü ü.csv"]


def test_sample_data_is_read_at_its_public_address(program):
    found = program("data")
    assert found["sample"] == [[200, 3], [200, 3]]
    assert found["plain"] == [[200, 3], [200, 3]]


def test_profile_of_a_table_is_computed_by_a_run(program):
    found = program("data")
    assert "submit a new profile run" in found["no_profile"]
    assert found["profile"] == ["Completed", True, 100, False]
    assert found["profile_runs"] is True


def test_file_shares_take_and_give_files(program):
    found = program("shares")
    names = ["big.bin", "empty.txt", "sub/t.csv", "ü ü.csv"]
    assert (found["down"], found["files"]) == (5, ["other/t.csv", *(f"up/deep/{name}" for name in names)])
    assert (found["prefix"], found["big_same"]) == (1, True)
    assert found["rows"] == [1, 2, 3]
    assert (found["paths"], found["fetched"]) == ([f"/deep/{name}" for name in names], 4)
    assert found["directory"] == [f"/{name}" for name in names]
    assert found["no_file"] == "DatasetValidationError"


def test_file_share_client(program):
    found = program("shares")
    assert (found["part"], found["size"]) == ("b\n1", 12)
    assert found["pages"] == [3, 1]
    assert "parent path does not exist" in found["no_parent"]
    assert "not empty" in found["not_empty"]
    assert (found["made"], found["left"]) == (True, False)
    assert found["twice"].startswith("ResourceExistsError")
    assert found["gone"].startswith("ResourceNotFoundError")
    assert "share does not exist" in found["no_share"]
    assert (found["share"], found["lent"]) == ([], [4, 4])


def test_runs_mount_file_shares_and_write_into_them(program):
    found = program("shares")
    assert found["seen"] == ["big.bin empty.txt t.csv ü ü.csv"] * 2
    assert found["after"] == ["sent/out.txt", "written/out.txt"]


def test_data_lakes_take_and_give_files(program):
    found = program("lakes")
    names = ["/big.bin", "/empty.txt", "/sub/t.csv", "/ü ü.csv"]
    assert (found["up"], found["paths"], found["fetched"]) == (names, names, 4)
    assert (found["kept"], found["rows"], found["big_same"]) == (2, 4, True)
    assert found["no_file"] == "ExecutionError"
    assert found["seen"] == "big.bin empty.txt t.csv ü ü.csv"
