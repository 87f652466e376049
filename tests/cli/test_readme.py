"""What the README prints works as printed, and its reference pages are the program's own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mlops_cli.cli.main import cli
from tests.conftest import REPOSITORY, Mlops

README = (REPOSITORY / "README.md").read_text()
NEEDS_THE_NETWORK = ("data fetch",)


def commands(text: str) -> list[str]:
    """The `mlops` commands of console blocks, without prompt and comment."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [re.sub(r"\s+#.*", "", line) for line in lines if line.startswith("mlops ")]


def inline(text: str) -> list[str]:
    return [found for found in re.findall(r"`(mlops [^`]+)`", text) if "…" not in found]


def leaf(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that `words` lead to and what is left of them."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words:
        if words[0].startswith("-"):
            words = words[2:]
            continue
        found = command.get_command(context, words[0])
        if found is None and "run" in command.list_commands(context):  # as in `bench NAME`
            return leaf_of(command, "run"), words
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    return command, words


def leaf_of(group: click.Group, name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


@pytest.mark.parametrize("line", [*commands(README), *inline(README)])
def test_every_command_of_the_readme_exists(line: str) -> None:
    ours = line.partition(" -- ")[0].partition(" > ")[0]
    command, rest = leaf(ours.split()[1:])
    options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    used = {word for word in rest if word.startswith("-")}
    assert used <= options | {"--help"}


def run_section(mlops: Mlops, title: str, **variables: str) -> None:
    """Run all commands of a section in a copy of the project, as a shell would."""
    for folder in ("configs", "data"):
        shutil.copytree(REPOSITORY / folder, mlops.project / folder)
    ours = {"PYTHON": sys.executable, "MLOPS_HOME": str(mlops.home)}
    environ = os.environ | mlops.environ | ours | variables
    for line in commands(README.partition(f"## {title}\n")[2].partition("\n## ")[0]):
        script = line.replace("mlops ", '"$PYTHON" -m mlops_cli ', 1)
        done = subprocess.run(
            script, shell=True, cwd=mlops.project, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}\n{done.stderr}"


def test_the_story_of_the_readme_works_as_printed(mlops: Mlops) -> None:
    """Expensive (a real training and a real service), and the one promise a newcomer tries first."""
    run_section(mlops, "From a CSV to an answer", MLOPS_TRAIN_EXPERIMENT_TIMEOUT_MINUTES="0.15")
    assert (mlops.project / "scored.csv").read_text().count("\n") == 8001


def test_the_pipeline_of_the_readme_works_as_printed(mlops: Mlops) -> None:
    """Expensive (a real pipeline with a training); the only place where the shipped example runs whole."""
    run_section(mlops, "Pipelines")
    assert mlops("pipeline", "runs", "-o", "json").json()[0]["status"] in ("Completed", "Running")


def test_the_reference_pages_are_up_to_date() -> None:
    script = REPOSITORY / "scripts" / "reference.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_links_to_files_that_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (REPOSITORY / Path(link)).exists()] == []
