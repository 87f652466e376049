"""python -m benchmarks.automl [--seeds 0 1] [--budget 60] [--only bank wine] [--engines mlops flaml] [--json FILE]"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.automl import environments, report, running, tables
from benchmarks.automl.scoring import Score, judge


def main() -> None:
    options = _options()
    pythons, missing = _engines(options.engines)
    scores: list[Score] = []
    for table, frame in tables.present(options.only):
        for seed in options.seeds:
            learn, held = tables.split(frame, table, seed)
            for engine, python in pythons.items():
                with tempfile.TemporaryDirectory(prefix="bench-automl-") as folder:
                    scores.append(_one(table, seed, engine, python, (learn, held), options, Path(folder)))
                last = scores[-1]
                print(f"{table.name} seed {seed} {engine}: {last.error or f'{last.quality:.5f}'}", flush=True)
                report.save(options.json, scores, options.budget, missing)
    report.show(scores, options.budget, missing)
    print(f"written to {options.json}")


def _one(
    table: tables.Table, seed: int, engine: str, python: Path, parts: Any, options: Any, out: Path
) -> Score:
    learn, held = parts
    learn.to_csv(out / "train.csv", index=False)
    held.drop(columns=table.label).to_csv(out / "test.csv", index=False)
    task = {"train": str(out / "train.csv"), "test": str(out / "test.csv"), "label": table.label}
    task |= {"task": table.task, "budget": options.budget, "seed": seed, "out": str(out)}
    facts = running.run(engine, python, task | {"threads": running.THREADS}, out)
    metric = "RMSE" if table.task == "regression" else "AUC"
    return judge(Score(table.name, seed, engine, metric), table.task, held[table.label], facts, out)


def _engines(wanted: list[str]) -> tuple[dict[str, Path], dict[str, str]]:
    found, missing = {}, {}
    for engine in wanted:
        python, reason = environments.interpreter(engine)
        if python:
            found[engine] = python
        else:
            missing[engine] = reason
    return found, missing


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="benchmarks.automl")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--budget", type=float, default=60, help="seconds for each engine")
    parser.add_argument("--only", nargs="+", default=[], choices=[t.name for t in tables.ALL])
    parser.add_argument("--engines", nargs="+", default=list(environments.NEEDS), choices=environments.NEEDS)
    parser.add_argument("--json", type=Path, default=Path("bench-automl.json"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
