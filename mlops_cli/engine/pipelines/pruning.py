"""Forgetting old runs of pipelines: what the store knows of them, and their files.

Left alone are runs whose outputs or logs a run that stays refers to, as it has reused a step. What goes on might
be about to reuse any step: so nothing is forgotten meanwhile. Files are first moved aside, which is done at once.
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlops_cli.domain.pipeline_runs import PipelineRun, Pruned, StepRun
from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError

ASIDE = ".pruned-"


def prune(
    store: Store, keep: int | None, older_than: timedelta | None, pipeline: str | None, *, dry_run: bool
) -> list[Pruned]:
    """Forget runs that have ended: all but the newest `keep` of each pipeline, or those older than `older_than`.

    Where both are given a run goes when both say so. Raises UsageError while a run goes on.
    """
    with store.pipeline_runs.removal() as table:
        if going_on := table.unfinished():
            hint = f"wait for it, or end it: mlops pipeline cancel {going_on[0].run_id}"
            raise UsageError(f"{going_on[0].run_id} goes on and may reuse what others left", hint=hint)
        runs = table.runs()
        old = set(_old(runs, keep, older_than, pipeline))
        chosen = _without_used(store.home, table.steps(), old)
        found = [_described(store.home, run) for run in runs if run.run_id in chosen]
        for one in found if not dry_run else []:
            table.remove(one.run_id)
    if not dry_run:
        _remove_files(store.home, found)
    return found


def _old(
    runs: list[PipelineRun], keep: int | None, older_than: timedelta | None, pipeline: str | None
) -> Iterator[str]:
    """`runs` are newest first."""
    seen: dict[str, int] = {}
    for run in runs:
        rank = seen[run.pipeline] = seen.get(run.pipeline, 0) + 1
        age = datetime.now(UTC) - datetime.fromisoformat(run.created_at)
        stays = (keep is not None and rank <= keep) or (older_than is not None and age < older_than)
        if not stays and pipeline in (None, run.pipeline):
            yield run.run_id


def _without_used(home: Path, steps: list[StepRun], old: set[str]) -> set[str]:
    """What no run that stays refers to; a run that is referred to stays, with what it refers to itself."""
    root = layout.pipelines_dir(home) / "runs"
    refers: dict[str, set[str]] = {}
    for step in steps:
        places = [Path(output.path) for output in step.outputs.values()]
        owners = {place.relative_to(root).parts[0] for place in places if place.is_relative_to(root)}
        refers.setdefault(step.run_id, set()).update(owners, filter(None, [step.reused_from]))
    chosen = set(old)
    while used := {one for run, owners in refers.items() if run not in chosen for one in owners} & chosen:
        chosen -= used
    return chosen


def _described(home: Path, run: PipelineRun) -> Pruned:
    files = (file for file in layout.run_dir(home, run.run_id).rglob("*") if not file.is_symlink())
    size = sum(file.stat().st_size for file in files if file.is_file())
    return Pruned(run.run_id, run.pipeline, run.status, run.created_at, size)


def _remove_files(home: Path, found: list[Pruned]) -> None:
    """Of runs that the store has forgotten for good: what is killed before that loses nothing."""
    for one in found:
        folder = layout.run_dir(home, one.run_id)
        if folder.exists():
            folder.rename(folder.with_name(f"{ASIDE}{one.run_id}"))
    for folder in layout.pipelines_dir(home).glob(f"runs/{ASIDE}*"):
        shutil.rmtree(folder, ignore_errors=True)
