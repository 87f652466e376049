"""Run a published pipeline by recurrences of every kind, on changes of data, from a file, through an endpoint."""

import os
import time
from datetime import datetime

from azureml.core import Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineEndpoint, PipelineParameter
from azureml.pipeline.core.schedule import Schedule, ScheduleRecurrence, TimeZone
from azureml.pipeline.steps import PythonScriptStep

ws = Workspace.from_config()
datastore = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "schedule-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
os.makedirs("scripts", exist_ok=True)
with open("scripts/train.py", "w") as file:
    file.write("import sys\nprint('trained with', sys.argv[1])\n")
parameter = PipelineParameter("pipeline_param", 1)
step = PythonScriptStep(
    name="train", script_name="train.py", arguments=[parameter], compute_target=cluster,
    source_directory="scripts",
)  # fmt: skip
published = Pipeline(ws, steps=[step]).publish(name="Scheduled", description="for schedules")

recurrences = [
    ScheduleRecurrence(frequency="Minute", interval=15),
    ScheduleRecurrence(frequency="Hour", interval=2, start_time="2037-01-31T10:00:00"),
    ScheduleRecurrence(frequency="Day", interval=2, hours=[22, 6], minutes=[30]),
    ScheduleRecurrence(frequency="Week", interval=1, week_days=["Sunday", "Friday"], time_of_day="22:15"),
    ScheduleRecurrence(
        frequency="Month",
        interval=1,
        start_time=datetime(2037, 1, 31, 10),
        time_zone=TimeZone.GMTStandardTime,
    ),
]
for recurrence in recurrences:
    made = Schedule.create(
        ws, name=f"every-{recurrence.frequency}", pipeline_id=published.id, experiment_name="scheduled",
        recurrence=recurrence, pipeline_parameters={"pipeline_param": 7}, wait_for_provisioning=True,
    )  # fmt: skip
    read = Schedule.get(ws, made.id).recurrence
    assert (read.frequency, read.interval) == (recurrence.frequency, recurrence.interval)
    print(made.id, read.hours, read.minutes, read.week_days, read.start_time, read.time_zone)

minutely = next(one for one in Schedule.list(ws, pipeline_id=published.id) if one.name == "every-Minute")
for _ in range(100):
    if minutely.get_last_pipeline_run() is not None:
        break
    time.sleep(0.2)
run = minutely.get_last_pipeline_run()
run.wait_for_completion(show_output=False)
assert "trained with 7" in run.find_step_run("train")[0].get_stdout_log()
minutely.disable(wait_for_provisioning=True)
minutely.enable(wait_for_provisioning=True)
minutely.update(
    name="updated", description="now every second day", status="Active", wait_for_provisioning=True,
    recurrence=ScheduleRecurrence(frequency="Day", interval=2, hours=[22], minutes=[30]),
)  # fmt: skip
read = Schedule.get(ws, minutely.id)
assert (read.name, read.status, read.recurrence.frequency) == ("updated", "Active", "Day")

on_data = Schedule.create(
    ws, name="on-data", pipeline_id=published.id, experiment_name="scheduled", datastore=datastore,
    polling_interval=1, path_on_datastore="watched/here", wait_for_provisioning=True,
)  # fmt: skip
assert (on_data.datastore_name, on_data.polling_interval) == (datastore.name, 1)
on_data.update(polling_interval=2)

with open("schedule.yml", "w") as file:
    file.write("""Schedule:
    description: from a file
    recurrence:
        frequency: Week
        interval: 1
        start_time: 2037-06-07T10:50:00
        time_zone: UTC
        hours: [1]
        minutes: [0]
        time_of_day: null
        week_days: [Friday]
    pipeline_parameters: {'pipeline_param': 1}
    wait_for_provisioning: true
    wait_timeout: 3600
    datastore_name: null
    polling_interval: null
    data_path_parameter_name: null
    continue_on_step_failure: null
    path_on_datastore: null
""")
given = Schedule.load_yaml(ws, "schedule.yml")
from_file = Schedule.create(
    ws, name="from-file", pipeline_id=published.id, experiment_name="scheduled", recurrence=given["recurrence"],
    pipeline_parameters=given["pipeline_parameters"], wait_for_provisioning=given["wait_for_provisioning"],
)  # fmt: skip
assert from_file.recurrence.week_days == ["Friday"]

endpoint = PipelineEndpoint.publish(ws, name="Front", pipeline=published, description="in front")
Schedule.create_for_pipeline_endpoint(
    ws, name="through-endpoint", pipeline_endpoint_id=endpoint.id, experiment_name="scheduled",
    recurrence=ScheduleRecurrence(frequency="Day", interval=1, hours=[3], minutes=[0]),
)  # fmt: skip
assert len(Schedule.get_schedules_for_pipeline_endpoint_id(ws, endpoint.id)) == 1
for schedule in Schedule.list(ws):
    schedule.disable()
print("active", len(Schedule.list(ws)), "of", len(Schedule.list(ws, active_only=False)))
