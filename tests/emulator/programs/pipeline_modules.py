"""Modules with versions, and types of data for their ports."""

from pathlib import Path

from azureml.core import Workspace
from azureml.pipeline.core import Module, ModuleVersion
from azureml.pipeline.core.graph import DataType, OutputPortDef
from outcome import note, refused

ws = Workspace.from_config()
store = ws.get_default_datastore()
Path("src").mkdir(exist_ok=True)
Path("src/put.py").write_text(
    "import os, sys\nos.makedirs(sys.argv[1], exist_ok=True)\n"
    "open(os.path.join(sys.argv[1], sys.argv[2]), 'w').write('x')\n"
)

module = Module.create(ws, name="putter", description="puts a file")
port = OutputPortDef(
    "place", default_datastore_name=store.name, default_datastore_mode="mount", label="place"
)
for version in ("1", "2"):
    module.publish_python_script(
        "put.py", f"version {version}", inputs=[], outputs=[port], params={}, version=version,
        is_default=version == "2", source_directory="src", arguments=[port, f"file-{version}"],
    )  # fmt: skip
known = Module.get(ws, name="putter")
note(default=known.get_default_version(), versions=[one.version for one in known.module_version_list()])
note(same=Module.get(ws, module_id=module.id).name, taken=refused(lambda: Module.create(ws, "putter", "")))

known.set_default_version("1")
known.set_description("changed")
again = Module.get(ws, module_id=module.id)
note(changed=[again.get_default_version(), again.description])
version = ModuleVersion.get(ws, again.module_version_list()[0].module_version_id)
version.disable()
note(disabled=ModuleVersion.get(ws, version.module_version_id).status)

made = DataType.create_data_type(ws, "Scores", "a table of scores", False, ["AnyFile"])
note(data_type=[made.id, made.description, made.is_directory, made.parent_datatype_ids])
note(data_types=[one.name for one in DataType.list_data_types(ws) if one.name in ("AnyFile", "Scores")])
note(type_taken=refused(lambda: DataType.create_data_type(ws, "Scores", "other", True)))
