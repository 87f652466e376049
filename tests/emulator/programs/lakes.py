"""Data Lake Storage gen2: datasets go up and are read, with the caller's own sign-in or a service principal."""

from pathlib import Path

from azureml.core import Dataset, Datastore, Environment, Experiment, ScriptRunConfig, Workspace
from outcome import note, refused

ws = Workspace.from_config()
principal = {"tenant_id": "1" * 8 + "-1111" * 3 + "-" + "1" * 12, "client_secret": "its secret"}
principal["client_id"] = principal["tenant_id"].replace("1", "2")
lake = Datastore.register_azure_data_lake_gen2(ws, "lake", "afilesystem", "lakeaccount", **principal)
own = Datastore.register_azure_data_lake_gen2(ws, "own", "afilesystem", "lakeaccount")

here = Path("files")
(here / "sub").mkdir(parents=True, exist_ok=True)
(here / "sub" / "t.csv").write_text("a,b\n1,x\n2,y\n")
(here / "ü ü.csv").write_text("a,b\n3,z\n")
(here / "empty.txt").write_text("")
# More than one part of 8 MB: they come in any order.
(here / "big.bin").write_bytes(bytes(range(256)) * (9 << 13))


def upload(**options):
    return Dataset.File.upload_directory(str(here), (lake, "up"), show_progress=False, **options)


note(up=sorted(upload().to_path()))
(here / "sub" / "t.csv").write_text("a,b\n1,x\n2,y\n9,n\n")
note(kept=len(Dataset.Tabular.from_delimited_files((lake, "up/sub/t.csv")).to_pandas_dataframe()))
upload(overwrite=True)
note(rows=len(Dataset.Tabular.from_delimited_files((lake, "**/*.csv")).to_pandas_dataframe()))
files = Dataset.File.from_files((own, "up"))
note(paths=sorted(files.to_path()), fetched=len(files.download("fetched", overwrite=True)))
note(big_same=Path("fetched/big.bin").read_bytes() == (here / "big.bin").read_bytes())
note(no_file=refused(lambda: Dataset.File.from_files((lake, "nope/x")).to_path()).split(":")[0])

source = Path("source")
source.mkdir(exist_ok=True)
(source / "use.py").write_text(
    "import sys\n"
    "from pathlib import Path\n"
    "from azureml.core import Run\n"
    "names = sorted(file.name for file in Path(sys.argv[1]).rglob('*') if file.is_file())\n"
    "Run.get_context().log('seen', ' '.join(names))\n"
)
environment = Environment("as-it-is")
environment.python.user_managed_dependencies = True
mounted = files.as_named_input("mounted").as_mount()
job = ScriptRunConfig(str(source), script="use.py", environment=environment, arguments=[mounted])
run = Experiment(ws, "lakes").submit(job)
run.wait_for_completion()
note(seen=run.get_metrics()["seen"])
