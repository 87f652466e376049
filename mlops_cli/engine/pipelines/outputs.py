"""What a step leaves behind: moved into place in one piece, and found again when the same work is asked for."""

import shutil
from pathlib import Path

from mlops_cli.domain.pipeline_runs import Output, StepRun
from mlops_cli.domain.pipelines import Step, outputs_of
from mlops_cli.engine.pipelines import layout, place
from mlops_cli.engine.pipelines.content import content_hash
from mlops_cli.engine.store import Store
from mlops_cli.errors import WorkFailedError


def commit(home: Path, run_id: str, step: Step, attempt: str) -> dict[str, Output]:
    """Move the outputs of an attempt to where they stay. Done twice it changes nothing.

    Raises WorkFailedError when an output was not written.
    """
    names = outputs_of(step)
    if not names:
        return {}
    target = layout.outputs_dir(home, run_id, step.name)
    draft = Path(place.outputs_of(attempt))
    if draft.exists():
        _check(step, draft)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    return {name: Output(str(target / name), content_hash(target / name)) for name in names}


def reusable(store: Store, key: str) -> StepRun | None:
    """A completed step that did the same work and whose outputs are still there, unchanged in place."""
    for step in store.pipeline_runs.completed_with(key):
        if all(Path(output.path).exists() for output in step.outputs.values()):
            return step
    return None


def _check(step: Step, draft: Path) -> None:
    missing = [name for name in outputs_of(step) if not (draft / name).exists()]
    if missing:
        hint = f"write to the path that $(outputs.{missing[0]}) gives"
        raise WorkFailedError(f"the step did not write its output '{missing[0]}'", hint=hint)
