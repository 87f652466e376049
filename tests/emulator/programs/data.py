"""Datastores, blobs and datasets."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from azureml._vendor.azure_storage.blob import BlobClient, ContentSettings, generate_blob_sas
from azureml.core import Dataset, Datastore, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from outcome import note, refused

ws = Workspace.from_config()
store = ws.get_default_datastore()
note(default=store.name, stores=sorted(ws.datastores), missing=refused(lambda: Datastore.get(ws, "nope")))

mine = {"container_name": "mycontainer", "account_name": "myaccount", "account_key": "QUJDRA=="}
note(registered=Datastore.register_azure_blob_container(ws, "Mine", **mine).name)
note(again=refused(lambda: Datastore.register_azure_blob_container(ws, "mine", **mine)))
note(misnamed=refused(lambda: Datastore.register_azure_blob_container(ws, "not-mine", **mine)))
Datastore.register_azure_blob_container(ws, "mine", overwrite=True, **mine)
ws.set_default_datastore("mine")
note(new_default=ws.get_default_datastore().name)
note(delete_default=refused(lambda: Datastore.get(ws, "mine").unregister()))
ws.set_default_datastore("workspaceblobstore")
Datastore.get(ws, "mine").unregister()
note(unregistered="mine" not in ws.datastores)

here = Path("files")
(here / "sub").mkdir(parents=True, exist_ok=True)
frame = pd.DataFrame(
    {"a": range(100), "b": [f"x{i % 3}" for i in range(100)], "c": [i * 0.5 for i in range(100)]}
)
frame.to_csv(here / "t.csv", index=False)
frame.to_csv(here / "ü ü.csv", index=False)
frame.to_parquet(here / "sub" / "p.parquet")
store.upload(str(here), target_path="up", overwrite=True, show_progress=False)
store.upload_files([str(here / "t.csv")], target_path="other", overwrite=True, show_progress=False)
store.download("down", prefix="up", show_progress=False)
note(downloaded=sorted(p.relative_to("down").as_posix() for p in Path("down").rglob("*.*")))

container = store.blob_service.get_container_client(store.container_name)
container.upload_blob("direct.txt", b"hello", overwrite=True, metadata={"who": "me"})
blob = container.get_blob_client("direct.txt")
note(blob=blob.download_blob().readall().decode(), meta=blob.get_blob_properties().metadata)
copied = container.get_blob_client("copied.txt")
started, told = copied.start_copy_from_url(blob.url), copied.get_blob_properties()
note(
    copied=[
        copied.download_blob().readall().decode(),
        started["copy_status"],
        told.copy.status,
        told.metadata,
    ]
)
nowhere = refused(lambda: copied.start_copy_from_url(f"{blob.url}.not"))
note(nothing_to_copy=nowhere.split(":")[0], still=copied.get_blob_properties().size)
note(
    pages=[
        len(list(page)) for page in container.list_blobs(name_starts_with="up", results_per_page=2).by_page()
    ]
)
note(folders=sorted(p.name for p in container.walk_blobs(name_starts_with="up/", delimiter="/")))
blob.delete_blob()
note(blob_gone=refused(blob.download_blob).split(":")[0], container=container.get_container_properties().name)
store.blob_service.create_container("fresh")
note(container_again=refused(lambda: store.blob_service.create_container("fresh")).split(":")[0])
fresh = store.blob_service.get_container_client("fresh")
for name in ("a b", "b", "c"):
    fresh.upload_blob(f"folder/{name}", name.encode())
answers = fresh.delete_blobs("folder/a b", "folder/not", raise_on_any_failure=False)
note(many=[one.status_code for one in answers], kept_blobs=[one.name for one in fresh.list_blobs()])
blob = fresh.get_blob_client("folder/c")
blob.set_http_headers(ContentSettings(content_type="text/csv"))
signature = generate_blob_sas(
    store.account_name, "fresh", blob.blob_name, account_key=store.account_key, permission="r",
    expiry=datetime.now(UTC) + timedelta(hours=1),
)  # fmt: skip
signed = BlobClient.from_blob_url(f"{blob.url}?{signature}")
note(
    signed=[
        signed.download_blob().readall().decode(),
        signed.get_blob_properties().content_settings.content_type,
    ]
)
signed = BlobClient.from_blob_url(f"{fresh.get_blob_client('folder/b').url}?{signature}")
note(signed_for_another=refused(signed.download_blob).split(":")[0], blob_tags=refused(blob.get_blob_tags))
there = [one.name for one in store.blob_service.list_containers()]
fresh.delete_container()
note(containers=["fresh" in there, fresh.exists(), refused(blob.download_blob).split(":")[0]])

table = Dataset.Tabular.from_delimited_files(path=(store, "up/t.csv"))
note(shape=table.to_pandas_dataframe().shape, columns=list(table.to_pandas_dataframe().columns))
note(glob=Dataset.Tabular.from_delimited_files(path=(store, "up/*.csv")).to_pandas_dataframe().shape)
note(parquet=Dataset.Tabular.from_parquet_files(path=(store, "up/sub/p.parquet")).to_pandas_dataframe().shape)
note(no_file=refused(lambda: Dataset.Tabular.from_delimited_files(path=(store, "up/nope.csv"))))

first = table.register(ws, "table", description="first", tags={"k": "v"})
note(version=first.version, taken=refused(lambda: table.register(ws, "table")))
note(identical=refused(lambda: first.register(ws, "copy")))
second = Dataset.Tabular.from_delimited_files(path=(store, "other/t.csv")).register(
    ws, "table", create_new_version=True
)
note(
    versions=[
        second.version,
        Dataset.get_by_name(ws, "table").version,
        Dataset.get_by_name(ws, "table", version=1).version,
    ]
)
note(
    no_name=refused(lambda: Dataset.get_by_name(ws, "nope")),
    no_version=refused(lambda: Dataset.get_by_name(ws, "table", version=7)),
)
note(by_id=Dataset.get_by_id(ws, first.id).name, no_id=refused(lambda: Dataset.get_by_id(ws, "0" * 8)))
note(tags=Dataset.get_by_name(ws, "table").add_tags({"z": "1"}).tags)
note(tags_left=Dataset.get_by_name(ws, "table").remove_tags(["z"]).tags)
note(described=Dataset.get_by_name(ws, "table").update(description="new").description)
note(listed={name: ws.datasets[name].version for name in ws.datasets})

files = Dataset.File.from_files((store, "up/**"))
note(paths=files.to_path(), fetched=len(files.download("fetched", overwrite=True)))
files.register(ws, "files")
Dataset.get_by_name(ws, "files").unregister_all_versions()
note(left=sorted(name for name in ws.datasets))
note(take=first.take(3).to_pandas_dataframe().shape)
note(split=sum(len(part.to_pandas_dataframe()) for part in first.random_split(0.8, seed=1)))
note(
    pandas=Dataset.Tabular.register_pandas_dataframe(
        frame, (store, "pdf"), "from-pandas", show_progress=False
    )
    .to_pandas_dataframe()
    .shape
)
note(directory=Dataset.File.upload_directory(str(here), (store, "dir"), show_progress=False).to_path())

for key, url in {
    "sample": "https://automlsamplenotebookdata.blob.core.windows.net/automl-sample-notebook-data/people.csv",
    "plain": "https://example.org/data/people.csv",
}.items():
    read = Dataset.Tabular.from_delimited_files(url).to_pandas_dataframe().shape
    note(**{key: [read, pd.read_csv(url).shape]})

big = Path("big.bin")
big.write_bytes(os.urandom(70 << 20))
store.upload_files([str(big)], target_path="big", overwrite=True, show_progress=False)
store.download("bigdown", prefix="big", show_progress=False)
Dataset.File.from_files((store, "big/big.bin")).download("bigrs", overwrite=True)
sums = [
    hashlib.md5(p.read_bytes()).hexdigest() for p in (big, Path("bigdown/big/big.bin"), Path("bigrs/big.bin"))
]
note(big_same=len(set(sums)) == 1)
for path in (big, Path("bigdown/big/big.bin"), Path("bigrs/big.bin")):
    path.unlink()

profiled = table.register(ws, "profiled")
note(no_profile=refused(profiled.get_profile))
size = AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
cluster = ComputeTarget.create(ws, "profiler", size)
cluster.wait_for_completion()
submitted = profiled.submit_profile_run(cluster, Experiment(ws, "profiles"))
profile = profiled.get_profile()
note(profile_runs=[one.id for one in profiled.get_profile_runs()] == [submitted.id])
note(
    profile=[
        submitted.get_status(),
        profile.get_producing_run().id == submitted.id,
        profile._profile.row_count,
        profile.is_stale(),
    ]
)
