"""File shares: files go up and come back, datasets read them, runs mount them and write into them."""

from pathlib import Path

from azureml.core import Dataset, Datastore, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.data import OutputFileDatasetConfig
from outcome import note, refused

ws = Workspace.from_config()
store = Datastore.get(ws, "workspacefilestore")
mine = {"file_share_name": "ashare", "account_name": "myaccount", "account_key": "QUJDRA=="}
foreign = Datastore.register_azure_file_share(ws, "foreign", **mine)


def below(folder):
    return sorted(file.relative_to(folder).as_posix() for file in Path(folder).rglob("*") if file.is_file())


here = Path("files")
(here / "sub").mkdir(parents=True, exist_ok=True)
(here / "sub" / "t.csv").write_text("a,b\n1,x\n2,y\n")
(here / "ü ü.csv").write_text("a,b\n3,z\n")
(here / "empty.txt").write_text("")
# More than one range of 4 MB.
(here / "big.bin").write_bytes(bytes(range(256)) * (9 << 12))
store.upload(str(here), target_path="up/deep", overwrite=True, show_progress=False)
store.upload_files([str(here / "sub" / "t.csv")], target_path="other", show_progress=False)
note(down=store.download("down", show_progress=False), files=below("down"))
note(prefix=store.download("prefix", prefix="other", show_progress=False))
note(big_same=Path("down/up/deep/big.bin").read_bytes() == (here / "big.bin").read_bytes())
(here / "sub" / "t.csv").write_text("a,b\n1,x\n2,y\n9,n\n")
store.upload(str(here), target_path="up/deep", overwrite=False, show_progress=False)

table = Dataset.Tabular.from_delimited_files([(store, "up/deep/sub/t.csv"), (store, "up/deep/ü ü.csv")])
note(rows=table.to_pandas_dataframe()["a"].tolist())
files = Dataset.File.from_files((store, "up/**"))
note(paths=sorted(files.to_path()), fetched=len(files.download("fetched", overwrite=True)))
note(
    directory=sorted(
        Dataset.File.upload_directory(str(here), (foreign, "dir"), show_progress=False).to_path()
    )
)
note(no_file=refused(lambda: Dataset.Tabular.from_delimited_files((store, "up/nope.csv"))).split(":")[0])

share = store.file_service
one = share.get_file_client("up/deep/sub/t.csv")
note(part=one.download_file(offset=2, length=3).readall().decode(), size=one.get_file_properties().size)
note(
    pages=[
        len(list(page)) for page in share.list_directories_and_files("up/deep", results_per_page=3).by_page()
    ]
)
note(no_parent=refused(lambda: share.get_file_client("no/such/file").upload_file(b"x")).split("\n")[0])
note(not_empty=refused(lambda: share.delete_directory("up")).split("\n")[0])
share.create_directory("made")
note(
    made=share.get_directory_client("made").exists(),
    twice=refused(lambda: share.create_directory("made")).split("\n")[0],
)
share.delete_directory("made")
one.delete_file()
note(gone=refused(one.download_file).split("\n")[0], left=share.get_directory_client("made").exists())
key = {name: mine[name] for name in ("account_name", "account_key")}
fresh = type(share).from_share_url("https://myaccount.file.core.windows.net/fresh", credential=key)
note(no_share=refused(lambda: list(fresh.list_directories_and_files())).split("\n")[0])
fresh.create_share()
note(share=list(fresh.list_directories_and_files()))
signed = {
    "file_share_name": "ashare",
    "account_name": "myaccount",
    "sas_token": "?sv=2019-12-12&sr=s&sig=abc",
}
lent = Datastore.register_azure_file_share(ws, "lent", **signed)
note(lent=[lent.download("lent", show_progress=False), len(Dataset.File.from_files((lent, "dir")).to_path())])

source = Path("source")
source.mkdir(exist_ok=True)
(source / "use.py").write_text(
    "import sys\n"
    "from pathlib import Path\n"
    "from azureml.core import Run\n"
    "for folder in sys.argv[1:3]:\n"
    "    names = sorted(file.name for file in Path(folder).rglob('*') if file.is_file())\n"
    "    Run.get_context().log('seen', ' '.join(names))\n"
    "for folder in sys.argv[3:]:\n"
    "    Path(folder).mkdir(parents=True, exist_ok=True)\n"
    "    (Path(folder) / 'out.txt').write_text(folder)\n"
)
environment = Environment("as-it-is")
environment.python.user_managed_dependencies = True
mounted, sent = foreign.path("dir").as_mount(), foreign.path("sent").as_upload()
mounted.data_reference_name, sent.data_reference_name = "mounted", "sent"
written = OutputFileDatasetConfig(destination=(foreign, "written"))
brought = Dataset.File.from_files((foreign, "dir/**")).as_named_input("brought").as_download()
arguments = [str(mounted), brought, str(sent), written]
job = ScriptRunConfig(str(source), script="use.py", environment=environment, arguments=arguments)
job.run_config.data_references = {r.data_reference_name: r.to_config() for r in (mounted, sent)}
run = Experiment(ws, "shares").submit(job)
run.wait_for_completion()
foreign.download("after", overwrite=True, show_progress=False)
note(seen=run.get_metrics()["seen"], after=[name for name in below("after") if not name.startswith("dir/")])
