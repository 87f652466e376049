"""The best model of an AutoML run, tested on rows that were held back, and asked in the cloud; a search taken up."""

import random
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.automl import AutoMLConfig
from azureml.train.automl.model_proxy import ModelProxy
from outcome import note

ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "test-cluster", AmlCompute.provisioning_configuration("STANDARD_DS12_V2", max_nodes=4)
)
chance = random.Random(5)
cars = pd.DataFrame({"km": [chance.randint(1, 200) for _ in range(250)], "fuel": ["gas", "oil"] * 125})
cars["price"] = [300 - km + (20 if fuel == "oil" else 0) for km, fuel in zip(cars.km, cars.fuel, strict=True)]
table = Dataset.Tabular.register_pandas_dataframe(cars, (store, "cars"), "cars", show_progress=False)
config = AutoMLConfig(
    task="regression", primary_metric="r2_score", iterations=1, allowed_models=["ElasticNet"],
    n_cross_validations=3, test_size=0.2,
    training_data=table, label_column_name="price", compute_target=cluster, enable_voting_ensemble=False,
    enable_stack_ensemble=False, model_explainability=False, experiment_timeout_hours=0.25,
)  # fmt: skip
run = Experiment(ws, "car-prices").submit(config, show_output=False)
run.wait_for_completion(show_output=False)
best = run.get_best_child()
test_run = next(best.get_children(type="automl.model_test"))
proxy = ModelProxy(best)
asked = cars.drop(columns="price").head(7)
with ThreadPoolExecutor() as pool:
    answers = pool.submit(proxy.predict, asked)
    told, metrics = proxy.test(table, include_predictions_only=True)
note(
    alone=list(told.to_pandas_dataframe()),
    metrics=metrics,
    answers=len(answers.result().to_pandas_dataframe()),
)
test_run.wait_for_completion(show_output=False, wait_post_processing=True)
saved = test_run.get_details()["outputDatasets"][0]["identifier"]["savedId"]
predictions = Dataset.get_by_id(ws, saved).to_pandas_dataframe()
test_run.download_file("predictions/predictions.csv", "predictions.csv")
note(
    children=len(list(run.get_children())),
    columns=list(predictions),
    rows=[len(predictions), len(pd.read_csv("predictions.csv"))],
    r2=test_run.get_metrics()["r2_score"],
)

quick = AutoMLConfig(
    task="regression", primary_metric="r2_score", iterations=1, allowed_models=["ElasticNet", "LightGBM"],
    X=cars[["km"]], y=cars["price"].to_numpy(), n_cross_validations=3, enable_voting_ensemble=False,
    enable_stack_ensemble=False, model_explainability=False, experiment_timeout_hours=0.25,
)  # fmt: skip
taken_up = Experiment(ws, "car-prices").submit(quick, show_output=False)
before = len(list(taken_up.get_children()))
taken_up = taken_up.continue_experiment(iterations=1, experiment_timeout_hours=0.25)
note(taken_up=[before, [child.status for child in taken_up.get_children()], taken_up.get_status()])
