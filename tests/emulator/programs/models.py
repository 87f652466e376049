"""Models and environments."""

from pathlib import Path

import pandas as pd
from azureml.core import Dataset, Environment, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.resource_configuration import ResourceConfiguration
from outcome import note, refused

ws = Workspace.from_config()
Path("model.pkl").write_bytes(b"model")
Path("folder").mkdir(exist_ok=True)
Path("folder/a.txt").write_text("a")
Path("folder/b.txt").write_text("b")
first = Model.register(
    ws, "model.pkl", "bank", tags={"a": "1"}, properties={"p": "q"}, description="first",
    model_framework=Model.Framework.SCIKITLEARN, model_framework_version="1.0",
    resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
)  # fmt: skip
second = Model.register(ws, "folder", "bank")
note(
    versions=[first.version, second.version, Model(ws, "bank").version, Model(ws, "bank", version=1).version]
)
found = Model(ws, id="bank:1")
note(
    fields=[
        found.tags,
        found.properties,
        found.description,
        found.model_framework,
        found.resource_configuration.cpu,
    ]
)
note(created_by=bool(found.created_by), url=found.url.startswith("aml://asset/"))
note(
    missing=refused(lambda: Model(ws, "nope")),
    no_version=refused(lambda: Model(ws, "bank", version=9)),
    no_id=refused(lambda: Model(ws, id="nope:1")),
)
note(
    listed=[m.id for m in Model.list(ws, name="bank")],
    latest=[m.id for m in Model.list(ws, name="bank", latest=True)],
)
note(
    by_tag=[m.id for m in Model.list(ws, tags=[["a", "1"]])],
    by_key=[m.id for m in Model.list(ws, tags=["a"])],
)
note(
    by_property=[m.id for m in Model.list(ws, properties=[["p", "q"]])],
    other=[m.id for m in Model.list(ws, tags=[["a", "2"]])],
)
first.download("one", exist_ok=True)
second.download("two", exist_ok=True)
note(one=Path("one/model.pkl").read_text(), two=sorted(p.name for p in Path("two").rglob("*.txt")))
first.add_tags({"x": "y"})
first.remove_tags(["a"])
first.add_properties({"z": "1"})
first.update(description="changed")
found = Model(ws, id="bank:1")
note(changed=[found.tags, found.properties, found.description])
second.delete()
third = Model.register(ws, "folder", "bank")
note(after_delete=third.version)
for i in range(21):
    Model.register(ws, "model.pkl", "many", tags={"i": str(i)})
note(paged=len(list(Model.list(ws, name="many", page_count=20))))

made = Environment("mine")
made.python.conda_dependencies.add_pip_package("scikit-learn")
one = made.register(ws)
same = made.register(ws)
made.environment_variables["A"] = "B"
two = made.register(ws)
made.version = "release"
named = made.register(ws)
note(environment_versions=[one.version, same.version, two.version, named.version])
note(environment_old=Environment.get(ws, "mine", version="1").environment_variables.get("A"))
note(environment_new=Environment.get(ws, "mine", version="2").environment_variables.get("A"))
note(
    packages="scikit-learn"
    in str(Environment.get(ws, "mine").python.conda_dependencies.serialize_to_string())
)
note(environments="mine" in Environment.list(ws), curated=Environment.get(ws, "AzureML-sklearn-1.0").name)
note(
    no_environment=refused(lambda: Environment.get(ws, "nope")),
    image=[i.get_image_details(ws)["imageExistsInRegistry"] for i in (one, Environment("mine"))],
)
Environment.label(ws, "mine", one.version, ["stable"])
note(
    labelled=[Environment.get(ws, "mine", label=name).version for name in ("stable", "latest")],
    no_label=refused(lambda: Environment.get(ws, "mine", label="none")),
)
build = one.build(ws)
build.wait_for_completion(show_output=False)
note(build=[build.status, build.get_log()], on_compute=one.build(ws, image_build_compute="cpu").status)
note(images=ws.images)

Path("score.py").write_text("def init(): pass\n\n\ndef run(raw):\n    return raw.upper()\n")
config = InferenceConfig(entry_script="score.py", environment=one)
package = Model.package(ws, [first], config, generate_dockerfile=True)
package.wait_for_creation()
package.save("context")
image = Model.package(ws, [first], config, image_name="mine", image_label="v1")
note(package=sorted(str(p) for p in Path("context").rglob("*") if p.is_file()), packaged=image.location)
questions = pd.DataFrame({"question": ["a", "b", "c"]})
table = Dataset.Tabular.register_pandas_dataframe(
    questions, (ws.get_default_datastore(), "q"), "questions", show_progress=False
)
profile = Model.profile(ws, "quick", [first], config, table)
profile.wait_for_completion()
note(profile=profile.get_details(), again=type(profile)(ws, "quick").state)
