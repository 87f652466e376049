"""Datasets and datastores: define, look, split, filter, select by time, partition, register, share."""

import os
from datetime import datetime

import pandas as pd
from azureml.core import Dataset, Datastore, Environment, Workspace
from azureml.data.datapath import DataPath
from azureml.data.dataset_factory import DataType

ws = Workspace.from_config()
for name, datastore in ws.datastores.items():
    print(name, datastore.datastore_type)
blob = Datastore.register_azure_blob_container(
    workspace=ws, datastore_name="weather_store", container_name="weather", account_name="weatheraccount",
    account_key="a2V5", create_if_not_exists=True,
)  # fmt: skip
os.makedirs("weather", exist_ok=True)
frame = pd.DataFrame({
    "day": pd.date_range("2024-01-01", periods=40), "station": ["north", "south"] * 20, "rain": range(40),
})  # fmt: skip
frame.to_csv("weather/all.csv", index=False)
frame.to_parquet("weather/all.parquet")
frame.to_json("weather/all.jsonl", orient="records", lines=True, date_format="iso")
blob.upload_files(
    ["weather/all.csv", "weather/all.parquet", "weather/all.jsonl"], target_path="raw", overwrite=True
)

table = Dataset.Tabular.from_delimited_files(path=DataPath(blob, "raw/all.csv"))
assert table.to_pandas_dataframe()["day"].dtype.kind == "M"
typed = Dataset.Tabular.from_delimited_files(
    (blob, "raw/all.csv"), set_column_types={"rain": DataType.to_string()}
)
assert str(typed.take(1).to_pandas_dataframe()["rain"][0]) == "0"
assert len(Dataset.Tabular.from_parquet_files((blob, "raw/*.parquet")).to_pandas_dataframe()) == 40
assert len(Dataset.Tabular.from_json_lines_files((blob, "raw/all.jsonl")).to_pandas_dataframe()) == 40
assert table.keep_columns(["rain"]).skip(30).to_pandas_dataframe().shape == (10, 1)
assert list(table.drop_columns("day").to_pandas_dataframe()) == ["station", "rain"]
assert table.filter((table["station"] == "north") & (table["rain"] > 9)).to_pandas_dataframe().shape == (
    15,
    3,
)
train, test = table.random_split(percentage=0.8, seed=1)
assert len(train.to_pandas_dataframe()) + len(test.to_pandas_dataframe()) == 40

series = table.with_timestamp_columns(timestamp="day")
early = series.time_before(datetime(2024, 1, 10), include_boundary=False)
assert len(early.to_pandas_dataframe()) == 9
series = series.register(ws, "weather-series", description="rain by day", tags={"format": "CSV"})
print(series.name, series.version, series.timestamp_columns)
table.register(ws, "weather")
early.register(ws, "weather-series", create_new_version=True)
assert Dataset.get_by_name(ws, "weather-series").version == 2
assert Dataset.get_by_name(ws, "weather-series", version=1).tags == {"format": "CSV"}
assert set(ws.datasets) == {"weather-series", "weather"}

registered = Dataset.Tabular.register_pandas_dataframe(frame, (blob, "frames"), "weather-frame")
parted = registered.partition_by(["station"], target=DataPath(blob, "parted"), name="weather-parted")
print(parted.partition_keys, parted.get_partition_key_values(["station"]))
assert len(parted.filter(parted["station"] == "north").to_pandas_dataframe()) == 20

files = Dataset.File.from_files((blob, "raw/**")).register(ws, "weather-files")
print(files.to_path(), [os.path.basename(path) for path in files.download("copy", overwrite=True)])
blob.download("again", prefix="raw", overwrite=True, show_progress=False)
assert sorted(os.listdir("again/raw")) == ["all.csv", "all.jsonl", "all.parquet"]
Dataset.get_by_name(ws, "weather-files").unregister_all_versions()
assert "weather-files" not in Dataset.get_all(ws)

environment = Environment("weather-env")
environment.register(ws)
build = environment.build(ws)
build.wait_for_completion(show_output=True)
print("partitions of weather:", len(parted.get_partition_key_values()))
