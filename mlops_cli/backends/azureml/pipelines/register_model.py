"""Registers the best model of an AutoML step of the pipeline that it runs in, once.

A copy runs as a step of its own, beside a JSON file: the `step` with the model, the `name` to register it by, `tags`,
and `facts` to remember, to which those of the best trial are added. Imports nothing of ours.
"""

import json
import sys
from pathlib import Path
from typing import Any

TOLD = "register_model.json"
MODEL_FILE = "outputs/model.pkl"
FACTS = "mlops_facts"


def main() -> None:
    from azureml.core import Model, Run

    told = json.loads(Path(__file__).with_name(TOLD).read_text())
    run = Run.get_context()
    workspace = run.experiment.workspace
    trained = Run.get(workspace, _run_id(run.parent, told["step"]))
    best = Run.get(workspace, trained.tags["automl_best_child_run_id"])
    newest = next(iter(Model.list(workspace, name=told["name"], latest=True)), None)
    if newest is None or newest.run_id != best.id:
        facts = told["facts"] | _facts(trained, best)
        newest = best.register_model(
            told["name"], MODEL_FILE, tags=told["tags"], properties={FACTS: json.dumps(facts)}
        )
    sys.stdout.write(f"{newest.name}:{newest.version}\n")


def _run_id(pipeline: Any, step: str) -> str:
    """The AutoML run of the step, be it that of an earlier pipeline whose work was reused."""
    [found] = [one for one in pipeline.get_children() if one.properties.get("azureml.moduleName") == step]
    return str(found.properties.get("azureml.reusedrunid") or found.id)


def _facts(trained: Any, best: Any) -> dict[str, Any]:
    names = (best.properties.get("run_preprocessor"), best.properties.get("run_algorithm"))
    metrics = {name: value for name, value in best.get_metrics().items() if isinstance(value, int | float)}
    return {
        "content": best.id,
        "run_id": trained.id,
        "algorithm": ", ".join(name for name in names if name),
        "metrics": metrics,
    }


if __name__ == "__main__":
    main()
