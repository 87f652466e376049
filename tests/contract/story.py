"""The commands of the contract: one story that succeeds, and one line for each kind of failure."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from tests.azureml.conftest import Commands
from tests.conftest import REPOSITORY, Result

ROWS = 1500
ENTRY = """
import json


def init():
    print("ready")


def run(data):
    return {"got": json.loads(data)}
"""
BROKEN = """
def init():
    open_model()


def open_model():
    raise KeyError("no weights")


def run(data):
    return data
"""
PROFILE = """
data: {name: NAME, path: data/bank.csv, label: y}
train: {task: classification, timeout_minutes: 15, max_trials: 2}
deploy: {name: NAME, cpu_cores: 1, memory_gb: 1, auth: key, app_insights: true}
"""


class Story:
    """What every command said, by its first words. `name` is that of data, model and endpoint."""

    def __init__(self, commands: Commands, profile: str, name: str) -> None:
        self.commands = commands
        self.name = name
        self.said: dict[str, Result] = {}
        project = commands.project
        (project / "configs").mkdir(exist_ok=True)
        (project / "configs" / f"{commands.profile}.yaml").write_text(profile + PROFILE.replace("NAME", name))
        _write_data(project / "data" / "bank.csv")
        (project / "const.csv").write_text("x,y\n" + "".join(f"{i},a\n" for i in range(100)))
        _write_contrary(project / "data" / "bank.csv", project / "judges.csv")
        (project / "entry.py").write_text(ENTRY)
        (project / "broken.py").write_text(BROKEN)
        (project / "sample.json").write_text('{"a": 1}')
        (project / "bad.json").write_text('{"data": [{"no_such_column": 1}]}')
        rows = (project / "data" / "bank.csv").read_text().splitlines()
        (project / "two.csv").write_text("\n".join(rows[:3]) + "\n")

    def tell(self) -> None:
        self._run("auth status", "auth login --method token", "data register", "data register ", "data list")
        self._run(f"data show {self.name}", f"data profile {self.name}", "train --dry-run", "train")
        run = self.json("train")["run_id"]
        name, words = self.name, ("show", "leaderboard", "logs", "cancel")
        self._run(f"runs list --experiment {name}", *(f"runs {word} {run}" for word in words))
        self._run(f"runs show {run} --html run.html")
        self._run(f"data register const.csv --name {name}-const --label y", f"train --data {name}-const")
        self._run(f"data register judges.csv --name {name}-judges --label y", self.judged_by("judges"))
        self._run(self.judged_by("const"))
        self._run("models list", f"models show {name}", f"models register {run} --name {name}")
        self._run(f"models register data --name {name}-folder", f"models download {name} --to got")
        self._run(f"models explain {name}", f"models explain {name} --data two.csv")
        self._run("deploy --dry-run", "deploy", "deploy ", "deploy --dry-run ", "endpoints list")
        self._run(f"endpoints show {name}", f"endpoints keys {name}")
        self._run(f"endpoints keys {name} --regenerate primary", f"score {name} --example")
        rows = self.commands.project / "rows.json"
        rows.write_text(json.dumps(self.json(f"score {name} --example")))
        self._run(f"score {name} --data rows.json", f"score {name} --data data/bank.csv")
        self._run(f"swagger {name}", f"swagger {name} --check", f"logs {name} -n 3", f"insights {name}")
        self._run(f"score {name} --data bad.json", f"endpoints token {name}")
        self._run(f"bench {name} -n 20 -c 2 --warmup 2 --gate errors<1%")
        self._run(f"bench {name} -n 5 -c 1 --warmup 0 --gate p50<0.001ms")
        self._run(f"endpoints update {name} --no-app-insights --tag team=a")
        self._run(f"deploy {name}-own --entry-script entry.py --sample sample.json")
        self._run(f"score {name}-own --data sample.json --no-validate")
        self._run(f"endpoints delete {name} --yes", f"endpoints delete {name}-own --yes", "endpoints list ")

    def judged_by(self, data: str) -> str:
        """A training whose trials are judged by a dataset of this story."""
        given = (f"train.validation_data={self.name}-{data}", f"experiment={self.name}-judged")
        given += (f"model.name={self.name}-judged", "train.max_trials=1")
        return "train " + " ".join(f"--set {one}" for one in given)

    def json(self, line: str) -> Any:
        """The document of a line, which must have ended with 0."""
        result = self.said[line]
        assert result.code == 0, f"{line}: exit code {result.code}\n{result.stdout}\n{result.stderr}"
        return result.json()

    def _run(self, *lines: str) -> None:
        results = self.commands.run(*(f"{line.rstrip()} -o json" for line in lines))
        self.said |= dict(zip(lines, results, strict=True))


FAILURES = {
    "data show nothing": (4, "NotFound"),
    "data show nothing:7": (4, "NotFound"),
    "data profile nothing": (4, "NotFound"),
    "data register data/nothing.csv": (4, "NotFound"),
    "data register data/bank.csv --label nothing": (2, "DataError"),
    "runs show nothing": (4, "NotFound"),
    "runs cancel nothing": (4, "NotFound"),
    "runs leaderboard nothing": (4, "NotFound"),
    "runs logs nothing": (4, "NotFound"),
    "runs show nothing --html page.html": (4, "NotFound"),
    "models show nothing": (4, "NotFound"),
    "models show nothing:3": (4, "NotFound"),
    "models register nothing --name x": (4, "NotFound"),
    "models download nothing": (4, "NotFound"),
    "models explain nothing": (4, "NotFound"),
    "deploy --model nothing": (4, "NotFound"),
    "deploy Not_A_Name --entry-script entry.py": (2, "UsageError"),
    "deploy some-name --entry-script nothing.py": (4, "NotFound"),
    "deploy bad-init --entry-script broken.py": (5, "WorkFailed"),
    "endpoints show nothing": (4, "NotFound"),
    "endpoints keys nothing": (4, "NotFound"),
    "endpoints token nothing": (4, "NotFound"),
    "endpoints update nothing --app-insights": (4, "NotFound"),
    "endpoints delete nothing --yes": (4, "NotFound"),
    "logs nothing": (4, "NotFound"),
    "insights nothing": (4, "NotFound"),
    "score nothing --data sample.json": (4, "NotFound"),
    "swagger nothing": (4, "NotFound"),
    "bench nothing -n 5": (4, "NotFound"),
    "train --data nothing": (4, "NotFound"),
    "train --set train.label=nothing": (2, "UsageError"),
    "train --set train.validation_data=nothing": (4, "NotFound"),
    "train --set train.validation_data=nothing --set train.validation_size=0.2": (2, "ConfigError"),
}


def _write_data(path: Path) -> None:
    """The first rows of the sample: enough for two trials, quick to upload."""
    path.parent.mkdir(exist_ok=True)
    with (REPOSITORY / "data" / "bank_marketing_sample.csv").open() as source, path.open("w") as target:
        for _, line in zip(range(ROWS + 1), source, strict=False):
            target.write(line)


def _write_contrary(path: Path, target: Path) -> None:
    """The same rows with each label turned into the other: what has learnt `path` is judged badly by them."""
    text = path.read_text().replace(",yes\n", ",\n").replace(",no\n", ",yes\n").replace(",\n", ",no\n")
    target.write_text(text)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def shape(value: Any) -> Any:
    """A document reduced to its field names; what stands in a list is like its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    return [shape(value[0])] if isinstance(value, list) and value else None


def clean_up(story: Story) -> None:
    """Take down what a story that broke left running."""
    for name in (story.name, f"{story.name}-own", "bad-init"):
        story.commands.run(f"endpoints delete {name} --yes")
    shutil.rmtree(story.commands.project / "got", ignore_errors=True)
