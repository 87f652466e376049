"""The steps of the demo, told and run one after the other, each as a process of its own."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_cli.cli import demo_pipeline
from mlops_cli.errors import MlopsError, WorkFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from mlops_cli.cli.app import App


class Step(NamedTuple):
    """One command of the story, what is said before it, and the file that takes its output."""

    words: str
    command: tuple[str, ...]
    into: Path | None = None


class Story:
    """Runs the steps against the profile's data, model and endpoint."""

    def __init__(self, app: App) -> None:
        self._app = app
        profile = app.config.profile
        self._data = profile.data.name or "data"
        self._endpoint = profile.deploy.name or self._data
        self._is_new = not any(e.name == self._endpoint for e in app.backend.endpoints.list())
        self._pipelines = app.backend.pipelines
        self._pipeline = f"{self._endpoint}-score"
        self._file = app.home / "demo" / "score.yaml"
        self._schedule = f"{self._endpoint}-daily"
        self._deployed = self._scheduled = False
        is_local = app.backend.name == "local"
        self._starts_server = is_local and not self._pipelines.server("status").running

    def tell(self) -> list[dict[str, Any]]:
        """Run all steps; returns command and seconds of each. Raises WorkFailedError for one that failed."""
        rows = self._app.home / "demo" / "rows.json"
        rows.parent.mkdir(parents=True, exist_ok=True)
        steps = self._steps(rows)
        return [self._run(f"[{number}/{len(steps)}]", step) for number, step in enumerate(steps, 1)]

    def clean_up(self) -> None:
        """Take down what the story started; what stood there before stays. Versions are kept."""
        if self._scheduled:
            self._app.say(f"deleting the schedule {self._schedule}")
            with contextlib.suppress(MlopsError):
                self._pipelines.delete_schedule(self._schedule)
            if self._starts_server:
                self._app.say("stopping the pipeline server")
                self._pipelines.server("stop")
        if self._deployed and self._is_new:
            self._app.say(f"taking down the endpoint {self._endpoint}")
            with contextlib.suppress(MlopsError):
                self._app.backend.endpoints.delete(self._endpoint)

    def next_commands(self) -> list[tuple[str, str]]:
        """Commands to try after the story, each with what it does."""
        endpoint = self._endpoint
        return [
            (f"mlops endpoints show {endpoint}", "the service and its address"),
            (f"mlops endpoints keys {endpoint}", "its two keys"),
            (f"mlops logs {endpoint} -f", "follow its log"),
            (f"mlops score {endpoint} --data FILE.csv", "rows in, predictions out"),
            *self._pipeline_commands(),
            (f"mlops endpoints delete {endpoint}", "take it down"),
        ]

    def _pipeline_commands(self) -> list[tuple[str, str]]:
        if not self._has_pipeline():
            return []
        stop = [("mlops pipeline server stop", "no more triggers, no more fires")]
        return [
            (f"mlops pipeline create {self._shown(self._file)}", "the pipeline's graph"),
            (f"mlops pipeline schedule delete {self._schedule}", "run it no more"),
            *(stop if self._app.backend.name == "local" else []),
        ]

    def _steps(self, rows: Path) -> list[Step]:
        endpoint = self._endpoint
        sign_in = [Step("See who is signed in, and whether the workspace opens.", ("auth", "status"))]
        insights = [Step("See what Application Insights recorded.", ("insights", endpoint))]
        is_azure = self._app.backend.name == "azureml"
        return [
            *(sign_in if is_azure else []),
            Step("Register the data: a version is its content.", ("data", "register")),
            Step("Look at it: types, statistics, guardrails.", ("data", "profile", self._data)),
            Step("Train with AutoML: every trial is a child run.", ("train",)),
            Step("Deploy the best model as an HTTP service with key auth.", ("deploy", endpoint)),
            Step("Read the service's log.", ("logs", endpoint, "-n", "5")),
            Step("Check its Swagger document with its own example.", ("swagger", endpoint, "--check")),
            Step("Make a valid payload out of the data.", ("score", endpoint, "--example"), rows),
            Step("Score it.", ("score", endpoint, "--data", self._shown(rows))),
            *(insights if is_azure else []),
            *self._pipeline_steps(),
        ]

    def _has_pipeline(self) -> bool:
        """Forecasts are not scored row by row."""
        return self._app.config.profile.train.task != "forecasting"

    def _pipeline_steps(self) -> list[Step]:
        if not self._has_pipeline():
            return []
        file, name = self._shown(self._file), self._pipeline
        demo_pipeline.write(self._file.parent, name, self._app.config)
        create = ("create", self._schedule, name, "--cron", "30 6 * * mon-fri")
        exists = any(one.name == self._schedule for one in self._pipelines.schedules())
        schedule = ("show", self._schedule) if exists else create
        return [
            Step("Publish a pipeline that scores the file: a REST endpoint.",
                 ("pipeline", "publish", file, "--set-default")),
            Step("Trigger it over HTTP, as any client would.", ("pipeline", "trigger", name, "--wait")),
            Step("Let it run every working day.", ("pipeline", "schedule", *schedule)),
        ]  # fmt: skip

    def _run(self, number: str, step: Step) -> dict[str, Any]:
        line = f"mlops {shlex.join((*self._globals(), *step.command))}"
        line += f" > {self._shown(step.into)}" if step.into else ""
        self._app.say(f"\n{number} {step.words}\n$ {line}")
        self._deployed = self._deployed or step.command[0] == "deploy"
        self._scheduled = self._scheduled or step.command[:3] == ("pipeline", "schedule", "create")
        began = time.monotonic()
        self._call(step, line)
        return {"command": line, "seconds": round(time.monotonic() - began, 3)}

    def _call(self, step: Step, line: str) -> None:
        command = [sys.executable, "-m", "mlops_cli", *self._globals(), *step.command]
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(step.into.open("w")) if step.into else self._output()
            done = subprocess.run(
                command, stdout=output, env=dict(self._app.environ), cwd=self._app.cwd, check=False
            )
        if done.returncode != 0:
            raise WorkFailedError(f"the step `{line}` ended with exit code {done.returncode}", hint=line)

    def _output(self) -> Any:
        """Where a step's own result goes: to stdout, or to stderr when stdout is for the demo's document."""
        return None if self._app.output == "table" else sys.stderr

    def _globals(self) -> tuple[str, ...]:
        profile = ("--profile", self._app.profile_name) if self._app.profile_name else ()
        return (*profile, *(word for override in self._app.overrides for word in ("--set", override)))

    def _shown(self, path: Path) -> str:
        """The path as somebody in this folder would write it."""
        return str(path.relative_to(self._app.cwd)) if path.is_relative_to(self._app.cwd) else str(path)
