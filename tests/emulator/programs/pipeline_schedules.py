"""Schedules of pipelines: recurrences and changes of data, with the emulator's clock moved on by the test."""

import os
import time
from pathlib import Path

import pandas as pd
import requests
from azureml.core import Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.pipeline.core import (
    Pipeline,
    PipelineEndpoint,
    PipelineParameter,
    Schedule,
    ScheduleRecurrence,
    TimeZone,
)
from azureml.pipeline.steps import PythonScriptStep
from outcome import note, refused

DAY = 24 * 3600
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "clock-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
target.wait_for_completion()
Path("src").mkdir(exist_ok=True)
Path("src/look.py").write_text(
    "import os, sys\nprint('looked at', sys.argv[1], os.path.basename(sys.argv[2]))\n"
)
Path("in").mkdir(exist_ok=True)
pd.DataFrame({"x": [1]}).to_csv("in/first.csv", index=False)
store.upload("in", "clock/in", overwrite=True, show_progress=False)
where = (PipelineParameter("where", DataPath(store, "clock/in")), DataPathComputeBinding())
step = PythonScriptStep(
    "look.py", "look", [PipelineParameter("who", "nobody"), where], inputs=[where],
    compute_target=target, source_directory="src",
)  # fmt: skip
published = Pipeline(ws, [step]).publish("look", "looks at data", "1")


def move(seconds):
    url, key = os.environ["EMULATOR_CONTROL"].split(" ")
    answer = requests.put(
        f"{url}/emulator/clock", json={"seconds": seconds}, headers={"Authorization": f"Bearer {key}"}
    )
    answer.raise_for_status()


def runs_of(schedule, count):
    """The runs of a schedule once there are that many."""
    end = time.monotonic() + 60
    while len(schedule.get_pipeline_runs()) < count and time.monotonic() < end:
        time.sleep(0.2)
    return schedule.get_pipeline_runs()


at_nine = ScheduleRecurrence(
    "Week", 1, hours=[9], minutes=[0], week_days=["Monday"], time_zone=TimeZone.EasternStandardTime
)
weekly = Schedule.create(
    ws, "weekly", pipeline_id=published.id, experiment_name="weekly", recurrence=at_nine,
    pipeline_parameters={"who": "monday"}, wait_for_provisioning=True,
)  # fmt: skip
note(
    weekly=[weekly.status, weekly.recurrence.frequency, weekly.recurrence.hours, weekly.recurrence.week_days]
)
note(not_yet=weekly.get_last_pipeline_run())
move(8 * DAY)
run = runs_of(weekly, 1)[0]
note(weekly_run=run.wait_for_completion(show_output=False), by=run.properties["runType"])
note(weekly_log=next(iter(run.get_steps())).get_stdout_log().strip(), experiment=run.experiment.name)
weekly.disable()
note(disabled=Schedule.get(ws, weekly.id).status)
before = len(weekly.get_pipeline_runs())
move(8 * DAY)
hourly = Schedule.create(
    ws, "hourly", pipeline_id=published.id, experiment_name="hourly",
    recurrence=ScheduleRecurrence("Hour", 1),
)  # fmt: skip
note(at_once=runs_of(hourly, 1)[0].wait_for_completion(show_output=False))
move(3700)
note(hourly=len(runs_of(hourly, 2)), weekly_stayed=len(weekly.get_pipeline_runs()) - before)
hourly.update(name="two-hourly", recurrence=ScheduleRecurrence("Hour", 2))
note(updated=[Schedule.get(ws, hourly.id).name, Schedule.get(ws, hourly.id).recurrence.interval])
hourly.disable()

told = {"who": "@formatDateTime(subtractFromTime(trigger().scheduledTime, 1, 'Day'), 'yyyyMMdd')"}
daily = Schedule.create(
    ws, "daily", pipeline_id=published.id, experiment_name="daily", pipeline_parameters=told,
    recurrence=ScheduleRecurrence("Day", 1, start_time="2026-01-01T10:00:00", time_zone=TimeZone.UTC),
)  # fmt: skip
move(DAY)
run = runs_of(daily, 1)[0]
run.wait_for_completion(show_output=False)
note(worked_out=next(iter(run.get_steps())).get_stdout_log().split()[2])
note(wrong=refused(lambda: daily.update(pipeline_parameters={"who": "@addDays('never', 1)"})))
daily.disable()

front = PipelineEndpoint.publish(ws, name="look-front", pipeline=published, description="for a schedule")
on_data = Schedule.create_for_pipeline_endpoint(
    ws, "on-data", pipeline_endpoint_id=front.id, experiment_name="on-data", datastore=store,
    path_on_datastore="clock/in", polling_interval=5, data_path_parameter_name="where",
)  # fmt: skip
move(301)
time.sleep(1)
note(unchanged=len(on_data.get_pipeline_runs()))
pd.DataFrame({"x": [2]}).to_csv("in/second.csv", index=False)
store.upload_files(["in/second.csv"], target_path="clock/in", show_progress=False)
move(301)
run = runs_of(on_data, 1)[0]
run.wait_for_completion(show_output=False)
note(on_data=next(iter(run.get_steps())).get_stdout_log().strip())
on_data.disable()
note(listed=sorted(one.name for one in Schedule.list(ws, active_only=False)), active=Schedule.list(ws))
note(of_pipeline=len(Schedule.get_schedules_for_pipeline_id(ws, published.id)))
note(
    of_endpoint=[
        one.id == on_data.id for one in Schedule.get_schedules_for_pipeline_endpoint_id(ws, front.id)
    ]
)
note(missing=refused(lambda: Schedule.get(ws, "00000000-0000-0000-0000-000000000000")))
