"""The commit that a pipeline was published from."""

import subprocess
from pathlib import Path

from mlops_cli.domain.pipelines import PipelineDefinition, source_folder


def state(folder: Path, code: list[str]) -> tuple[str | None, bool]:
    """The commit that `folder` is at, and whether files differ from it; None outside of a repository.

    Files that git does not know count below `code` alone: CI leaves results wherever it likes.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None, False
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    unknown = _git(folder, "ls-files", "--others", "--exclude-standard", "--", *code) if code else None
    return commit, bool(changed or unknown)


def code_folders(definition: PipelineDefinition) -> list[str]:
    """The source directories of all steps."""
    steps = [(step, step.get("script") or step.get("entry_script")) for step in definition.document["steps"]]
    return [
        source_folder(definition.root, step.get("source_directory"), script)
        for step, script in steps
        if script
    ]


def _git(folder: Path, *args: str) -> str | None:
    command = ["git", "-C", str(folder), *args]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
