"""AutoML: runs, their children, models and ends."""

import json
import random
from pathlib import Path

import pandas as pd
from azureml._restclient.assets_client import AssetsClient
from azureml.automl.core.forecasting_parameters import ForecastingParameters
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.automl import AutoMLConfig
from azureml.train.automl.run import AutoMLRun
from outcome import note, refused

ws = Workspace.from_config()
cluster = ComputeTarget.create(
    ws, "automl-cpu", AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=2)
)
chance = random.Random(1)
store = ws.get_default_datastore()


def table(name, frame):
    Path("data").mkdir(exist_ok=True)
    frame.to_csv(f"data/{name}.csv", index=False)
    store.upload_files([f"data/{name}.csv"], target_path=name, overwrite=True, show_progress=False)
    made = Dataset.Tabular.from_delimited_files((store, f"{name}/{name}.csv"))
    return made.register(ws, name, create_new_version=True)


rows = [{"age": chance.randint(18, 80), "job": chance.choice(["nurse", "cook", "clerk"])} for _ in range(300)]
people = pd.DataFrame(rows).assign(
    y=lambda d: ["yes" if a + chance.randint(0, 9) > 50 else "no" for a in d.age]
)
clients = table("automl-clients", people)
days = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=120).astype(str)})
sales = table("automl-sales", days.assign(sold=[50 + i % 7 * 5 + chance.randint(0, 3) for i in range(120)]))
experiment = Experiment(ws, "automl-tests")
common = {"compute_target": cluster, "experiment_timeout_minutes": 15, "enable_early_stopping": True}


def classify(**more):
    return AutoMLConfig(
        task="classification", primary_metric="AUC_weighted", training_data=clients,
        **{**common, "label_column_name": "y", "n_cross_validations": 2, "iterations": 2, **more},
    )  # fmt: skip


def explained(child):
    """Of each explanation: raw or not, and its features with their importances, as its client reads them."""
    assets = AssetsClient(ws.service_context).list_assets_with_query(
        run_id=child.id,
        properties={"version": "azureml.v8.model.explanation"},
        asset_type="azureml.explanation",
    )
    found = []
    for asset in assets:
        place = f"explanation/{asset.properties['explanation_id'][:8]}"
        child.download_files(prefix=place, output_directory=child.id)
        read = [Path(child.id, place, f"global_{what}/0.interpret.json") for what in ("names", "values")]
        names, values = (json.loads(file.read_text()) for file in read)
        kept = json.loads(Path(child.id, place, "local_importance_values.interpret.json").read_text())
        found.append([asset.properties["is_raw"], dict(zip(names, values, strict=True)), len(kept)])
    return found


run = experiment.submit(classify(), tags={"team": "red"})
wrong = experiment.submit(classify(label_column_name="nope"))
stopped = experiment.submit(classify(iterations=500))
future = experiment.submit(
    AutoMLConfig(
        task="forecasting",
        primary_metric="normalized_root_mean_squared_error",
        training_data=sales,
        label_column_name="sold",
        n_cross_validations=2,
        iterations=1,
        **common,
        forecasting_parameters=ForecastingParameters(
            time_column_name="date", forecast_horizon=7, freq="D", target_lags="auto"
        ),
    )
)
note(ids=[one.id.startswith("AutoML_") for one in (run, wrong, stopped, future)])
note(refused=refused(lambda: experiment.submit(classify(allowed_models=["SVM"]))))
stopped.cancel()
run.wait_for_completion(show_output=True)
note(status=run.get_status(), tags=run.get_tags().get("team"), type=run.type)

children = list(run.get_children())
note(
    children=[[c.id.rpartition("_")[2], c.status, c.properties["iteration"], c.properties["run_algorithm"]]
              for c in children],
    scores=[c.get_metrics()["AUC_weighted"] for c in children],
    parent_metric=run.get_metrics()["AUC_weighted"],
    experiment_status=run.get_metrics()["experiment_status"],
    summary=run.summary(),
)  # fmt: skip
best = run.get_best_child()
note(files=best.get_file_names(), best_tag=best.id == run.get_tags()["automl_best_child_run_id"])
note(
    by_metric=run.get_best_child(metric="accuracy").id.startswith(run.id),
    environment=best.get_environment().name,
)
note(explained=explained(best), explained_tag=best.get_tags().get("model_explanation"))
same, model = run.get_output()
asked = clients.to_pandas_dataframe().drop(columns=["y"]).head(20)
answers = model.predict(asked)
note(
    output=[same.id == best.id, type(model).__name__, model.steps[0][0]],
    kind=type(answers).__name__,
    right=float((answers == people.y.head(20).to_numpy()).mean()),
    probabilities=model.predict_proba(asked).shape,
    other=type(run.get_output(iteration=1)[1]).__name__,
    out_of_range=refused(lambda: run.get_output(iteration=7)),
)
best.download_file("outputs/scoring_file_v_1_0_0.py", "score.py")
best.download_file("outputs/env_dependencies.json", "packages.json")
note(
    script="def init" in Path("score.py").read_text(),
    packages="numpy" in json.loads(Path("packages.json").read_text()),
)
registered = run.register_model(model_name="automl-best", description="best", tags={"task": "classification"})
note(registered=[registered.name, registered.version, registered.run_id == best.id, run.model_id])
note(
    guardrails=sorted(run.get_guardrails(to_console=False)), dependencies=run.get_run_sdk_dependencies() != {}
)
again = AutoMLRun(experiment, run.id)
note(
    again=again.get_best_child().id == best.id,
    log="LightGBM" in Path(run.get_all_logs(destination="logs")[0]).read_text(),
)

wrong.wait_for_completion()
note(
    wrong=[
        wrong.get_status(),
        wrong.get_details()["error"]["error"]["message"],
        wrong.properties.get("errors"),
    ]
)
stopped.wait_for_completion()
note(stopped=stopped.get_status())
future.wait_for_completion()
line = future.get_output()[1]
coming = pd.DataFrame({"date": pd.date_range("2024-04-30", periods=7)})
values, shown = line.forecast(coming, ignore_data_errors=True)
note(forecast_explained=explained(future.get_best_child()))
columns = line.named_steps["timeseriestransformer"]
note(
    forecast_columns=[
        columns.get_engineered_feature_names(),
        [entry["RawFeatureName"] for entry in columns.get_featurization_summary()],
    ]
)
note(forecast=[len(values), float(min(values)), float(max(values)), [*shown.index.names, *shown.columns]])
