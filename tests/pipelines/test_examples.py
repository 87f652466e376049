"""The examples that are shipped: pipelines that run, and CI files whose commands work."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY, Mlops
from tests.pipelines.world import Project

PIPELINES = sorted((REPOSITORY / "configs" / "pipelines").glob("*.yaml"))
CI = REPOSITORY / "docs" / "ci"


@pytest.fixture
def checkout(mlops: Mlops) -> Iterator[Project]:
    """The repository's configs and data in a folder of their own."""
    shutil.copytree(REPOSITORY / "configs", mlops.project / "configs")
    (mlops.project / "data").mkdir()
    name = "bank_marketing_sample.csv"
    with (REPOSITORY / "data" / name).open() as source, (mlops.project / "data" / name).open("w") as target:
        target.writelines(line for number, line in enumerate(source) if number <= 1500)
    local = (mlops.project / "configs" / "local.yaml").read_text()
    project = Project(mlops)
    mlops.profile(local)
    yield project
    project.close()


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.stem)
def test_every_example_is_checked_and_drawn(path: Path, checkout: Project) -> None:
    name = f"configs/pipelines/{path.name}"
    shown = checkout.mlops(
        "pipeline", "create", name, "--html", "p.html", "--svg", "p.svg", "-o", "json"
    ).json()
    page = (checkout.folder / "p.html").read_text()
    assert all(step["name"] in page for step in shown["steps"])
    assert "prefers-color-scheme:dark" in page
    assert not [word for word in ("src=", "href=", "@import", "url(http") if word in page]
    assert (checkout.folder / "p.svg").read_text() in page


def test_clean_train_score(checkout: Project) -> None:
    """The whole story once, with a search that is cut short."""
    path = checkout.folder / "configs" / "pipelines" / "clean-train-score.yaml"
    text = path.read_text().replace(
        "max_trials: $(parameters.max_trials)", "max_trials: 1\n      allowed_models: [LightGBM]"
    )
    path.write_text(text.replace("mini_batch_size: 2000", "mini_batch_size: 500"))
    done = checkout.mlops("pipeline", "run", path, "-o", "json").json()
    assert [step["status"] for step in done["steps"]] == ["Completed"] * 3
    train, score = done["steps"][1]["facts"], done["steps"][2]["facts"]
    assert train["metrics"]["AUC_weighted"] > 0.5
    assert train["model"] == {"name": "bankmarketing", "version": 1}
    assert (score["items"], score["results"], score["failed"]) == (1500, 1500, 0)
    checkout.mlops("pipeline", "download", done["run_id"], "score.results")
    lines = (checkout.folder / "results" / "parallel_run_step.txt").read_text().splitlines()
    assert {line.split()[-1] for line in lines} <= {"yes", "no"}
    runs = checkout.mlops("runs", "list", "-o", "json").json()
    assert [run["run_id"] for run in runs] == [train["automl_run_id"]]
    again = checkout.mlops("pipeline", "run", path, "-o", "json").json()
    assert all(step["reused_from"] == done["run_id"] for step in again["steps"])


def _commands(file: Path) -> list[str]:
    """What the CI file runs in a shell, but for installing."""
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    steps = document["steps"] if "steps" in document else document["jobs"]["publish"]["steps"]
    texts = [
        step.get("run") or step.get("script") or step.get("inputs", {}).get("inlineScript") for step in steps
    ]
    return [text for text in texts if text and not text.startswith("pip install")]


@pytest.mark.parametrize("name", ["github-actions.yml", "azure-devops.yml"])
def test_the_commands_of_ci_files(name: str, checkout: Project) -> None:
    """Run as they stand in a shell, twice; only the profile is the local one."""
    programs = checkout.folder / "bin"
    for program, module in (("mlops", "-m mlops_cli"), ("python", "")):
        script = checkout.write(f"bin/{program}", f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        script.chmod(0o755)
    outputs = checkout.folder / "outputs"
    environ = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CI": "true",
        "HOME": str(checkout.folder),
        "PIPELINE": "configs/pipelines/retrain.yaml",
        "MLOPS_PROFILE": "local",
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(checkout.folder / "summary.md"),
        "BUILD_ARTIFACTSTAGINGDIRECTORY": str(checkout.folder),
    }
    commands = [command for command in _commands(CI / name) if "mlops" in command]
    assert len(commands) == 2
    said = []
    for command in commands * 2:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=checkout.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert (checkout.folder / "pipeline.html").exists()
    if name.startswith("github"):
        changed = [line for line in outputs.read_text().splitlines() if line.startswith("changed=")]
        assert changed == ["changed=true", "changed=false"]
    else:
        assert said[1] == said[3] == "##vso[build.addbuildtag]pipeline-v1\n"
        assert json.loads((checkout.folder / "published.json").read_text())["changed"] is False
