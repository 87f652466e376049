"""AutoML that is told which rows judge its trials: a table of their own, or columns that mark the folds."""

import random

import pandas as pd
from azureml.automl.core.forecasting_parameters import ForecastingParameters
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline
from azureml.pipeline.steps import AutoMLStep
from azureml.train.automl import AutoMLConfig
from outcome import note

ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "judges", AmlCompute.provisioning_configuration("STANDARD_DS12_V2", max_nodes=4)
)
experiment = Experiment(ws, "judged-by-others")
chance = random.Random(5)
quick = {"compute_target": cluster, "iterations": 1, "model_explainability": False,
         "experiment_timeout_hours": 0.25}  # fmt: skip


def people(rows, old, young):
    frame = pd.DataFrame({"age": [chance.randint(18, 80) for _ in range(rows)], "row": range(rows)})
    return frame.assign(y=[old if age > 49 else young for age in frame.age])


def table(name, frame):
    return Dataset.Tabular.register_pandas_dataframe(frame, (store, name), name, show_progress=False)


def classify(training, **given):
    return AutoMLConfig(
        task="classification", primary_metric="AUC_weighted", training_data=training, label_column_name="y",
        allowed_models=["LogisticRegression"], **quick, **given,
    )  # fmt: skip


trained = people(200, "yes", "no")
judges = people(60, "no", "yes")  # the other way round: who is judged by them does badly
training, contrary = table("trained", trained), table("judges", judges)
nameless = table("nameless", judges.drop(columns="y"))
marked = trained.assign(cv1=[i % 4 != 0 for i in range(200)], cv2=[int(i > 49) for i in range(200)])
weighed = pd.concat([trained.assign(counts=1), people(200, "no", "yes").assign(counts=0)])
days = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=120), "sold": [i % 7 for i in range(120)]})
line = AutoMLConfig(
    task="forecasting", primary_metric="normalized_root_mean_squared_error",
    training_data=table("days", days.head(100)), validation_data=table("later-days", days.tail(20)),
    label_column_name="sold", **quick,
    forecasting_parameters=ForecastingParameters(time_column_name="date", forecast_horizon=7, freq="D"),
)  # fmt: skip
runs = {
    "apart": experiment.submit(classify(training, validation_data=contrary)),
    "nameless": experiment.submit(classify(training, validation_data=nameless)),
    "marked": experiment.submit(classify(table("marked", marked), cv_split_column_names=["cv1", "cv2"])),
    "weighed": experiment.submit(classify(table("weighed", weighed), weight_column_name="counts")),
    "line": experiment.submit(line),
}
step = AutoMLStep("judged", classify(training, validation_data=contrary), allow_reuse=False,
                  enable_default_model_output=False, enable_default_metrics_output=False)  # fmt: skip
pipeline = experiment.submit(Pipeline(ws, [step]))
for run in (*runs.values(), pipeline):
    run.wait_for_completion(show_output=False)
best, model = runs["apart"].get_output()
note(
    apart=[best.get_metrics()["AUC_weighted"], best.get_metrics()["accuracy"]],
    model=[float((model.predict(frame.drop(columns="y")) == frame.y).mean()) for frame in (trained, judges)],
    nameless=[runs["nameless"].get_status(), runs["nameless"].get_details()["error"]["error"]["message"]],
    marked=[runs["marked"].get_status(), runs["marked"].get_output()[1].predict_proba(trained[:3]).shape],
    columns=[column["RawFeatureName"] for column in
             runs["marked"].get_output()[1].steps[0][1].get_featurization_summary()],
    weighed=float((runs["weighed"].get_output()[1].predict(trained[["age", "row"]]) == trained.y).mean()),
    line=runs["line"].get_status(),
    step=[pipeline.get_status(), pipeline.find_step_run("judged")[0].get_metrics().get("AUC_weighted")],
)  # fmt: skip
