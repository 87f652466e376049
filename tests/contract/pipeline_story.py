"""What is done with pipelines on every backend, once; the tests look at what was said."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.azureml.conftest import Commands
from tests.conftest import Result
from tests.contract.pipeline_files import (
    CODE,
    CYCLE,
    LATE,
    LOOKS,
    ODD,
    SCORED,
    SLOW,
    TWO,
    UNKNOWN,
    WRONG_TYPE,
)

POST = """
import json, sys, requests
url, token, body = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"} if token else {}
answer = requests.post(url, json=json.loads(body), headers=headers, timeout=60)
print(json.dumps([answer.status_code, answer.text]))
"""


class PipelineStory:
    """What every command said, by its line. `name` is that of the pipeline."""

    def __init__(self, commands: Commands, profile: str, name: str) -> None:
        self.commands, self.name, self.folder = commands, name, commands.project
        self.said: dict[str, Result] = {}
        self.mark = self.folder / "mark"
        for folder in ("configs", "code"):
            (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / "configs" / f"{commands.profile}.yaml").write_text(profile)
        for script, text in CODE.items():
            (self.folder / "code" / f"{script}.py").write_text(text)
        (self.folder / "eine Notiz ü.txt").write_text("hello")
        (self.folder / "raw.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
        (self.folder / "rows.csv").write_text(
            "a,pad\n" + "".join(f"{number},{'-' * 200}\n" for number in range(100))
        )
        for file, text in {
            "two": TWO, "cycle": CYCLE, "unknown": UNKNOWN, "type": WRONG_TYPE,
            "looks": LOOKS, "slow": SLOW, "late": LATE, "odd": ODD,
            "strict": SCORED.replace("THRESHOLD", "5"), "scored": SCORED.replace("THRESHOLD", "30"),
        }.items():  # fmt: skip
            written = text.replace("NAME", name).replace("MARK", str(self.mark))
            (self.folder / f"{file}.yaml").write_text(written)

    def tell(self) -> None:
        self._run("create two.yaml", "create cycle.yaml", "create unknown.yaml", "create type.yaml")
        self._run("run two.yaml", "run two.yaml ", "run two.yaml --param rows=1 --param note=other")
        self._run(
            "run nothing.yaml", "run two.yaml --param nobody=1 --dry-run", "run two.yaml --param rows=many"
        )
        run = self.run_of("run two.yaml")
        self._run(*(f"{word} {run}" for word in ("show", "status", "cancel", "run --resume")))
        self._run(f"logs {run} clean", f"logs {run} nothing", f"runs --pipeline {self.name}")
        self._run(f"download {run} count.number --to number.txt", f"download {run} count.nothing")
        self._run("show nothing", "status nothing", "cancel nothing", "logs nothing")
        self._fail()
        self._fail_oddly()
        self._cancel()
        self._batch()
        self._publish(self.run_of("run two.yaml --param rows=1 --param note=other"))
        self._trigger()
        self._schedule()

    def _fail(self) -> None:
        self._run("run looks.yaml", f"runs --pipeline {self.name}-looks")
        failed = self.json(f"runs --pipeline {self.name}-looks")[0]["run_id"]
        self.said["status failed"] = self._one(f"status {failed}")
        self.mark.touch()
        self.said["resumed"] = self._one(f"run --resume {failed}")

    def _fail_oddly(self) -> None:
        self._run(
            "run late.yaml",
            "run odd.yaml",
            "run odd.yaml --param how=text",
            f"runs --pipeline {self.name}-odd",
        )
        failed = self.json(f"runs --pipeline {self.name}-odd")[-1]["run_id"]
        words = ("show {}", "logs {} copy", "logs {} last", "download {} last.note")
        said = self.commands.run(*(f"pipeline {word.format(failed)} -o json" for word in words))
        self.said |= dict(zip((word.format("odd") for word in words), said, strict=True))

    def _cancel(self) -> None:
        self._run("run slow.yaml --no-wait")
        run = self.run_of("run slow.yaml --no-wait")
        self.said["cancel"] = self._one(f"cancel {run}")
        self.said["canceled"] = self._ended(run)

    def _ended(self, run: str) -> Result:
        """What `status` says once the run has ended."""
        deadline = time.monotonic() + 60
        while True:
            said = self._one(f"status {run}")
            if said.json()["status"] in ("Completed", "Failed", "Canceled") or time.monotonic() > deadline:
                return said
            time.sleep(0.2)

    def _batch(self) -> None:
        self._run("run strict.yaml", "run scored.yaml")
        run = self.run_of("run scored.yaml")
        self._run(f"download {run} twice.results --to results")

    def _publish(self, run: str) -> None:
        self._run("publish two.yaml --dry-run", "publish two.yaml", "publish two.yaml --exit-code")
        with (self.folder / "code" / "count.py").open("a") as file:
            file.write("print('counted')\n")
        self._run("publish two.yaml --exit-code ", "publish two.yaml --set-default", f"list {self.name}")
        self._run(f"rollback {self.name}", f"rollback {self.name} ", f"publish --from-run {run}")
        self._run("publish two.yaml --keep 1", f"list {self.name} ", "list nothing", "rollback nothing")

    def _trigger(self) -> None:
        name = self.name
        self._run(f"trigger {name} --param rows=1 --param note=sent --wait")
        triggered = self.run_of(f"trigger {name} --param rows=1 --param note=sent --wait")
        self.said["logs triggered"] = self._one(f"logs {triggered} clean")
        self._run(
            f"trigger {name} --param nobody=1", "trigger nothing", f"trigger {name}:99", f"trigger {name}:0"
        )
        self._run(f"trigger {name} --data nobody=raw.csv", f"trigger {name} --data raw=nothing.csv")
        self._run(f"disable {name}", f"disable {name} ", f"trigger {name}", "token")
        self.answers = {"disabled": self._post()}
        self._run(f"enable {name}")
        body = {"ExperimentName": f"{name}-http", "ParameterAssignments": {"rows": 1}}
        self.answers |= {
            "no token": self._post(token=""),
            "wrong token": self._post(token="nobody"),
            "wrong parameter": self._post({"ParameterAssignments": {"rows": "many"}}),
            "run": self._post(body),
        }
        run = json.loads(self.answers["run"][1])["Id"]
        self.said["ended by http"] = self._ended(run)
        self.said["show by http"] = self._one(f"show {run}")

    def _schedule(self) -> None:
        name = self.name
        cron = f"schedule create {name}-c {name} --time-zone Europe/Berlin --cron"
        self._run(f"{cron} '30 6 * * mon-fri'", f"{cron} '61 6 * * *'", f"{cron} '30 6 * * mon-fri' ")
        day = f"schedule create {name}-d {name} --every Day --hours 3 --minutes 30 --param rows=3"
        self._run(f"{day} --time-zone UTC", "schedule create x nothing --every Day", "schedule list")
        self._run(f"schedule show {name}-c", f"schedule test {name}-c --at 2026-12-04T06:30")
        self._run(f"schedule test {name}-c --at 2026-12-05T06:30", f"schedule disable {name}-c")
        self._run(f"schedule show {name}-c ", f"schedule enable {name}-c", f"schedule show {name}-c  ")
        self._run(f"schedule delete {name}-c", f"schedule delete {name}-d", f"schedule show {name}-c   ")
        self._run("schedule list ", "schedule show nothing", "schedule delete nothing")

    def _post(self, body: dict[str, Any] | None = None, token: str | None = None) -> tuple[int, str]:
        """Status and text of what the endpoint answers to any HTTP client."""
        url = self.json("publish two.yaml")["endpoint"]
        token = self.json("token")["token"] if token is None else token
        command = [self.commands.python, "-c", POST, url, token, json.dumps(body or {})]
        environ = self.commands.environ
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=100)
        status, text = json.loads(done.stdout)
        return status, text

    def json(self, line: str) -> Any:
        """The document of a line, which must have ended with 0."""
        result = self.said[line]
        assert result.code == 0, f"{line}: exit code {result.code}\n{result.stdout}\n{result.stderr}"
        return result.json()

    def run_of(self, line: str) -> str:
        return str(self.json(line)["run_id"])

    def _one(self, line: str) -> Result:
        return self.commands.run(f"pipeline {line} -o json")[0]

    def _run(self, *lines: str) -> None:
        results = self.commands.run(*(f"pipeline {line.rstrip()} -o json" for line in lines))
        self.said |= dict(zip(lines, results, strict=True))

    def clean_up(self) -> None:
        """End what the story started."""
        for word in ("schedule delete", "disable"):
            self.commands.run(*(f"pipeline {word} {self.name}{end}" for end in ("", "-c", "-d")))
        if self.commands.profile == "local":
            self.commands.run("pipeline server stop")


def results_of(folder: Path) -> list[int]:
    files = [folder] if folder.is_file() else [file for file in folder.rglob("*.txt") if file.is_file()]
    return sorted(int(float(word)) for file in files for word in file.read_text().split())
