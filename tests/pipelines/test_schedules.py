"""Schedules that fire: with a clock that the tests move, and once with the server's own."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.domain.schedules import Fire
from mlops_cli.engine.pipelines import scheduler
from mlops_cli.engine.store import Store
from tests.conftest import Mlops
from tests.pipelines.world import PIPELINE, Project, until

START = datetime(2099, 5, 4, 12, 0, tzinfo=UTC)


class Clock:
    """Ticks the scheduler at moments of its own, far from those of the server that runs beside it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.store = Store(project.home)
        self.now = START

    def create(self, *args: str, code: int = 0) -> Any:
        result = self.project.mlops(
            "pipeline", "schedule", "create", "s", "Bank Retrain", *args, "-o", "json", code=code
        )
        return result.json()

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)
        scheduler.tick(self.store, self.now)

    def fires(self) -> list[Fire]:
        return list(reversed(self.store.schedules.fires("s")))

    def runs(self) -> list[PipelineRun]:
        return self.store.pipeline_runs.all()


@pytest.fixture
def clock(project: Project) -> Clock:
    project.write("code/say.py", "import sys\nprint(*sys.argv[1:])\n")
    project.pipeline(PIPELINE)
    project.mlops("pipeline", "publish", "p.yaml")
    return Clock(project)


def hourly(clock: Clock, *more: str) -> None:
    clock.create("--every", "hour", "--start", "2099-05-04T12:30", "--time-zone", "UTC", *more)


def test_create_shows_the_next_five_and_runs_nothing(clock: Clock) -> None:
    made = clock.create("--cron", "30 6 * * *", "--time-zone", "Europe/Berlin", "--param", "number=5")
    assert len(made["next_fires"]) == 5
    assert made["next_fires"][0]["local"][11:16] == "06:30"
    assert made["next_fires"][0]["utc"].endswith("Z")
    assert clock.runs() == []
    error = clock.create("--cron", "30 6 * * *", code=2)["error"]
    assert error["message"] == "there is a schedule 's' already"


def test_run_now_runs_once_at_once(clock: Clock) -> None:
    made = clock.create("--every", "Day", "--run-now")
    clock.project.wait(made["run_id"], "Completed")
    assert [run.run_id for run in clock.runs()] == [made["run_id"]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--cron", "30 6 * *"), "'30 6 * *' is no cron expression"),
        (("--every", "Hour", "--hours", "3"), "hours and minutes go with frequency Day or Week, not Hour"),
        (
            ("--every", "Week", "--week-days", "Xday"),
            "Invalid value for --week-days: 'Xday' is no day of the week",
        ),
        (("--every", "Day", "--hours", "25"), "Invalid value for --hours: '25' is no number from 0 to 23"),
        (("--every", "Day", "--interval", "3000000"), "every 3000000 days "),
        (("--cron", "30 6 * * *", "--start", "2099-01-01"), "--start goes with --every"),
        (("--on-dataset", "d", "--poll-minutes", "0"), "data cannot be looked at every 0 minutes"),
        (("--on-dataset", "d", "--poll-minutes", "nan"), "data cannot be looked at every nan minutes"),
        (("--every", "Day", "--param", "wrd=1"), "the pipeline has no parameter 'wrd'"),
        (("--on-change", ".", "--data-parameter", "raw"), "the pipeline has no data 'raw'"),
        ((), "give one of --cron, --every, --on-change and --on-dataset"),
        (
            ("--on-change", "azureml://datastores/a/paths/b"),
            "azureml://datastores/a/paths/b is not on this machine",
        ),
    ],
)
def test_what_cannot_be_is_refused(args: tuple[str, ...], message: str, clock: Clock) -> None:
    assert clock.create(*args, code=2)["error"]["message"].startswith(message)
    assert clock.store.schedules.all() == []


def test_it_fires_when_it_is_due_and_once_only(clock: Clock) -> None:
    hourly(clock, "--param", "number=9")
    clock.move(minutes=29)
    assert clock.fires() == []
    clock.move(minutes=1)
    clock.move(seconds=1)
    (fire,) = clock.fires()
    assert (fire.due, fire.missed, fire.error) == ("2099-05-04T12:30:00Z", 0, None)
    run = clock.project.wait(str(fire.run_id), "Completed")
    assert (run["source"], run["schedule"], run["parameters"]["number"]) == ("schedule", "s", 9)
    clock.move(hours=1)
    assert [fire.due[11:16] for fire in clock.fires()] == ["12:30", "13:30"]


def test_missed_fires_are_made_up_for_by_one_run(clock: Clock) -> None:
    hourly(clock)
    clock.move(hours=5, minutes=45)
    (fire,) = clock.fires()
    assert (fire.due[11:16], fire.missed, bool(fire.run_id)) == ("17:30", 5, True)
    clock.move(hours=1)
    assert [(fire.due[11:16], fire.missed) for fire in clock.fires()] == [("17:30", 5), ("18:30", 0)]


def test_a_clock_that_was_ahead_keeps_nothing_from_its_time(clock: Clock) -> None:
    hourly(clock)
    clock.move(minutes=31)
    clock.move(days=30)
    assert len(clock.fires()) == 2
    clock.now = START + timedelta(minutes=20)
    scheduler.put_back(clock.store, clock.now)
    clock.move(minutes=11)
    assert len(clock.runs()) == 2, "what has fired has its run"
    clock.move(hours=1)
    assert sorted(fire.due[5:16] for fire in clock.fires())[:2] == ["05-04T12:30", "05-04T13:30"]
    assert len(clock.runs()) == 3


def test_no_catch_up_leaves_missed_fires_alone(clock: Clock) -> None:
    hourly(clock, "--no-catch-up")
    clock.move(hours=5, minutes=45)
    (fire,) = clock.fires()
    assert (fire.missed, fire.run_id, fire.error) == (6, None, "missed: nothing was there to start it")
    clock.move(minutes=45)
    assert clock.fires()[-1].run_id


def test_a_kill_between_start_and_record_starts_no_second_run(clock: Clock) -> None:
    hourly(clock)
    before = clock.store.schedules.get("s")
    clock.move(minutes=30)

    def forget(schedule: Any) -> None:
        schedule.next_due = before.next_due

    clock.store.schedules.update("s", forget)
    clock.move(seconds=5)
    assert len(clock.runs()) == 1


def test_disabled_it_does_not_fire_and_enabled_it_makes_up_for_nothing(clock: Clock) -> None:
    hourly(clock)
    mlops = clock.project.mlops
    mlops("pipeline", "schedule", "disable", "s")
    clock.move(hours=3)
    assert clock.fires() == []
    assert mlops("pipeline", "schedule", "list", "-o", "json").json()[0]["next_fires"] == []
    scheduler.set_enabled(clock.store, "s", True, clock.now)
    clock.move(minutes=29)
    assert clock.fires() == []
    clock.move(minutes=1)
    assert len(clock.fires()) == 1
    mlops("pipeline", "schedule", "delete", "s")
    gone = mlops("pipeline", "schedule", "show", "s", code=4)
    assert "no schedule 's'; there is: there is none yet" in gone.stderr


def test_what_keeps_it_from_running_is_shown(clock: Clock) -> None:
    hourly(clock)
    clock.project.mlops("pipeline", "disable", "Bank Retrain")
    clock.move(minutes=30)
    shown = clock.project.mlops("pipeline", "schedule", "show", "s", "-o", "json").json()
    assert shown["history"][0]["error"] == "pipeline 'Bank Retrain' is disabled"
    assert shown["last"]["run_id"] is None


def test_a_moment_can_be_tried_without_waiting(clock: Clock) -> None:
    clock.create("--cron", "30 2 * * *", "--time-zone", "Europe/Berlin")

    def at(moment: str) -> Any:
        return clock.project.mlops("pipeline", "schedule", "test", "s", "--at", moment, "-o", "json").json()

    assert at("2027-03-27T02:30")["fires"] is True
    gap = at("2027-03-27T02:31")
    assert (gap["fires"], gap["next_fires"][0]["local"]) == (False, "2027-03-28T03:00:00+02:00")
    assert at("2027-03-28T01:00:00Z")["fires"] is True
    assert at("2027-03-28T02:30")["at"]["local"] == "2027-03-28T03:00:00+02:00"
    assert at("2027-03-28T02:30")["fires"] is True
    assert gap["would_run"] == {"pipeline": "Bank Retrain", "version": 1, "problem": None}
    clock.project.mlops("pipeline", "disable", "Bank Retrain")
    assert at("2027-03-27T02:30")["would_run"]["problem"] == "pipeline 'Bank Retrain' is disabled"
    assert clock.runs() == []


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31T23:59-12:00", "2026-02-30", "", "now"])
def test_what_is_no_moment_is_refused(moment: str, clock: Clock) -> None:
    clock.create("--every", "Day")
    refused = clock.project.mlops("pipeline", "schedule", "test", "s", "--at", moment, code=2).stderr
    assert f"'{moment}' is not a moment" in refused


def test_a_change_of_a_folder_runs_with_that_folder(clock: Clock) -> None:
    clock.project.write("code/list.py", "import os, sys\nprint(sorted(os.listdir(sys.argv[1])))\n")
    clock.project.pipeline(
        """
        name: Bank Retrain
        data: {raw: {path: nowhere}}
        steps:
        - {name: say, type: script, script: code/list.py, inputs: {raw: data.raw}, arguments: [$(inputs.raw)]}
        """
    )
    (clock.project.folder / "nowhere").mkdir()
    clock.project.write("incoming/a.csv", "1")
    clock.project.mlops("pipeline", "publish", "p.yaml", "--set-default")
    clock.create("--on-change", "incoming", "--data-parameter", "raw", "--poll-minutes", "1000000")
    clock.now = datetime.now(UTC) + timedelta(days=800)
    clock.move(minutes=1)
    assert clock.fires() == []
    file = clock.project.write("incoming/b.csv", "2")
    clock.now = datetime.fromtimestamp(time.time() + 3600 * 24 * 1600, UTC)
    os.utime(file, (clock.now.timestamp(),) * 2)
    clock.move(seconds=1)
    assert clock.fires() == [], "a file that was written just now may still be growing"
    clock.move(seconds=2)
    (fire,) = clock.fires()
    run = clock.project.wait(str(fire.run_id), "Completed")
    log = clock.project.mlops("pipeline", "logs", run["run_id"], "say").stdout
    assert log == "['a.csv', 'b.csv']\n"
    clock.move(days=800)
    assert len(clock.fires()) == 1


def test_a_new_version_of_a_dataset_runs(clock: Clock) -> None:
    register = ("data", "register", "d.csv", "--name", "d")
    clock.project.write("d.csv", "a\n1\n")
    clock.project.mlops(*register)
    clock.create("--on-dataset", "d", "--poll-minutes", "1000000")
    clock.move(days=1)
    assert clock.fires() == []
    clock.project.write("d.csv", "a\n2\n")
    clock.project.mlops(*register)
    clock.move(days=800)
    assert len(clock.fires()) == 1


def test_the_server_fires_by_its_own_clock(clock: Clock) -> None:
    clock.project.write("watched/a", "1")
    clock.create("--on-change", "watched", "--poll-minutes", "0.005")
    os.utime(clock.project.folder / "watched" / "a", (1, 1))
    until(lambda: clock.fires())
    clock.project.wait(str(clock.fires()[0].run_id), "Completed")
    table = clock.project.mlops("pipeline", "schedule", "list")
    assert "Completed" in table.stdout
    assert "nothing fires" not in table.stderr


def test_a_schedule_without_a_server_is_said_to_be_silent(clock: Clock) -> None:
    hourly(clock)
    mlops = clock.project.mlops
    assert mlops("pipeline", "server", "stop").stdout == "stopped\n"
    assert mlops("pipeline", "server", "stop").stdout == "not running\n"
    for command in ("list", "show s"):
        assert "mlops pipeline server start" in mlops("pipeline", "schedule", *command.split()).stderr
    mlops("pipeline", "schedule", "disable", "s")
    assert "nothing fires" not in mlops("pipeline", "schedule", "list").stderr


def test_names_and_what_is_said_of_a_disabled_one(clock: Clock) -> None:
    mlops = clock.project.mlops
    for name in ("", "a/b"):
        refused = mlops("pipeline", "schedule", "create", name, "Bank Retrain", "--every", "Day", code=2)
        assert f"'{name}' cannot be the name of a schedule" in refused.stderr
    hourly(clock)
    mlops("pipeline", "schedule", "disable", "s")
    tried = mlops("pipeline", "schedule", "test", "s", "--at", "2099-05-04T13:30").stdout
    assert tried.startswith("2099-05-04T13:30:00+00:00: does not fire (disabled)")


def test_the_help_lists_every_command(mlops: Mlops, capsys: pytest.CaptureFixture[str]) -> None:
    mlops("pipeline", "schedule", "--help")
    listed = [line.split()[0] for line in capsys.readouterr().out.partition("Commands:\n")[2].splitlines()]
    assert listed == ["create", "delete", "disable", "enable", "list", "show", "test"]
