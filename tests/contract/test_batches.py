"""Batch steps do the same on both backends, however their tables are written and whatever run() returns."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import BACKENDS, PROFILES, commands_of

ROWS = [(n, f"größe {n}") for n in range(6)]
SHOW = """
def run(rows):
    assert len(rows) < 6, "all rows at once"
    return [f"{n + 1} {word!r}" for n, word in zip(rows.n, rows.word)]
"""
KEEP = "import shutil, sys; shutil.copyfile(*sys.argv[1:])"
KEPT = """
- {name: keep, type: script, script: code/keep.py, inputs: {lines: data.lines}, outputs: [table],
   arguments: [$(inputs.lines), $(outputs.table)]}
- {name: kept, type: batch, entry_script: code/show.py, inputs: {rows: keep.table}, mini_batch_size: 3, workers: 1,
   error_threshold: 0, run_max_try: 1}
- {name: summed, type: batch, entry_script: code/show.py, inputs: {rows: data.blank}, mini_batch_size: 3, workers: 1,
   error_threshold: 0, output_action: summary_only}
"""
ODD = """
import argparse, os, sys
import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("--how")

def init():
    if parser.parse_args().how == "ended":
        sys.exit(4)
    assert os.environ["MODE"] == "plain"

def run(paths):
    how, names = parser.parse_args().how, [open(path).read() for path in paths]
    if how == "frame":
        return pd.DataFrame({"name": names, "text": "two\\nlines \\u2028 and more"})
    if how == "short":
        return pd.DataFrame({"name": names[:1], "text": "two\\nlines"})
    return (name for name in names) if how == "generator" else "".join(names)
"""


@pytest.fixture(params=BACKENDS)
def mlops(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A command line in a project with the two entry scripts."""
    commands = commands_of(request.param, request, tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / f"{commands.profile}.yaml").write_text(PROFILES[request.param])
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "show.py").write_text(SHOW)
    (tmp_path / "code" / "odd.py").write_text(ODD)
    return commands


def tables(folder: Path) -> list[str]:
    """The rows written in every way."""
    import pandas as pd

    def text(name: str, mark: str, encoding: str = "utf-8", end: str = "\n") -> None:
        lines = [mark.join(("n", "word")), *(mark.join((str(n), word)) for n, word in ROWS)]
        (folder / name).write_bytes(end.join(lines).encode(encoding))

    text("semicolons.csv", ";")
    text("tabs.tsv", "\t", "utf-16")
    text("latin.csv", ",", "cp1252", "\r\n")
    text("blank.csv", ",", end="\n\n")
    pd.DataFrame(ROWS, columns=["n", "word"]).to_parquet(folder / "rows.parquet")
    quoted = "".join(f'{n},"{word}\nmore"\n' for n, word in ROWS)
    (folder / "lines.csv").write_text(f"n,word\n{quoted}")
    return ["semicolons.csv", "tabs.tsv", "latin.csv", "blank.csv", "rows.parquet", "lines.csv"]


def results(mlops: Any, run: Any, step: str) -> str:
    mlops(f"pipeline download {run['run_id']} {step}.results --to {step}")
    return (mlops.project / step / "parallel_run_step.txt").read_text()


def test_rows_are_the_same_however_they_are_written(mlops: Any) -> None:
    names = tables(mlops.project)
    data = "".join(f"  {name.partition('.')[0]}: {{path: {name}}}\n" for name in names)
    steps = "".join(
        f"- {{name: {one}, type: batch, entry_script: code/show.py, inputs: {{rows: data.{one}}},"
        " mini_batch_size: 3, workers: 1, run_max_try: 1, error_threshold: 0}\n"
        for one in (name.partition(".")[0] for name in names)
    )
    (mlops.project / "code" / "keep.py").write_text(KEEP)
    (mlops.project / "tables.yaml").write_text(f"name: tables\ndata:\n{data}steps:\n{steps}{KEPT}")
    [run] = mlops.json("pipeline run tables.yaml")
    for one in (name.partition(".")[0] for name in names):
        more = "\nmore" if one == "lines" else ""
        expected = "".join(f"{n + 1} {word + more!r}\n" for n, word in ROWS)
        assert results(mlops, run, one) == expected, one
    assert results(mlops, run, "kept") == expected
    mlops(f"pipeline download {run['run_id']} summed.results --to summed")
    assert not (mlops.project / "summed" / "parallel_run_step.txt").exists()
    taken = mlops(f"pipeline download {run['run_id']} kept.results --to rows.parquet/x", code=1).stderr
    assert "rows.parquet/x" in taken


def odd(mlops: Any, threshold: int, *hows: str) -> None:
    (mlops.project / "texts").mkdir(exist_ok=True)
    for n in range(2):
        (mlops.project / "texts" / f"{n}.txt").write_text(f"text{n}")
    steps = "".join(
        f"- {{name: {how}, type: batch, entry_script: code/odd.py, inputs: {{texts: data.texts}}, workers: 1,"
        f" run_max_try: 1, timeout_minutes: 9, error_threshold: {threshold}, arguments: [--how, {how}],\n"
        "  environment: {variables: {MODE: plain}}}\n"
        for how in hows
    )
    (mlops.project / "odd.yaml").write_text(f"name: odd\ndata: {{texts: {{path: texts}}}}\nsteps:\n{steps}")


def test_results_are_counted_as_such_whatever_stands_in_them(mlops: Any) -> None:
    odd(mlops, 0, "frame", "generator")
    [run] = mlops.json("pipeline run odd.yaml")
    text = '"two\nlines \u2028 and more"'
    assert results(mlops, run, "frame") == f"text0 {text}\ntext1 {text}\n"
    assert results(mlops, run, "generator") == "text0\ntext1\n"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("short", "1 items failed"),
        ("text", "2 items failed"),
        ("ended", "init() failed: "),
    ],
)
def test_what_has_no_result_fails_the_step(mlops: Any, how: str, why: str) -> None:
    odd(mlops, -1 if how == "ended" else 0, how)
    failed = mlops("pipeline run odd.yaml", code=5).stderr
    assert why in " ".join(failed.split())
    assert ("timeout_minutes is not used" in failed) == (mlops.profile == "azure")


def test_failures_read_the_same(mlops: Any) -> None:
    (mlops.project / "code" / "boom.py").write_text("raise KeyError('no column')\n")
    (mlops.project / "p.yaml").write_text(
        "name: boom\nsteps:\n- {name: boom, type: script, script: code/boom.py}\n"
    )
    failed = mlops("pipeline run p.yaml -o json", code=5).json()["error"]["message"]
    assert failed.endswith(" failed: step boom failed: KeyError: 'no column'")
    assert "no run 'nope' of a pipeline" in mlops("pipeline show nope", code=4).stderr


def test_a_trigger_writes_parameters_as_a_run_does(mlops: Any) -> None:
    (mlops.project / "code" / "say.py").write_text("import sys\nprint(sys.argv[1:])\n")
    (mlops.project / "p.yaml").write_text(
        "name: said\nparameters: {rate: 0.5, on: false}\nsteps:\n"
        "- {name: say, type: script, script: code/say.py, arguments: [$(parameters.rate), $(parameters.on)]}\n"
    )
    mlops("pipeline publish p.yaml")
    for line in ("run p.yaml", "trigger said"):
        [run] = mlops.json(f"pipeline {line} --param rate=2 --param on=True --wait")
        assert "['2.0', 'true']" in mlops(f"pipeline logs {run['run_id']} say").stdout
    wrong = mlops("pipeline trigger said --param rate=much", code=2).stderr
    assert "parameter 'rate' expects a number, got 'much'" in wrong
    mlops.run("pipeline server stop")


def test_what_a_run_is_given_is_no_reference(mlops: Any) -> None:
    (mlops.project / "code" / "tell.py").write_text(
        "import os, sys\nprint(*sys.argv[1:], os.environ['GIVEN'], os.environ['PLAIN'])\n"
    )
    (mlops.project / "p.yaml").write_text(
        "name: told\nparameters: {word: $(inputs.none)}\nsteps:\n"
        "- {name: tell, type: script, script: code/tell.py, arguments: [$(parameters.word), $$(parameters.word)],\n"
        "   environment: {variables: {GIVEN: $(parameters.word), PLAIN: the $$(word)}}}\n"
    )
    mlops("pipeline create p.yaml")
    for word in ("$(inputs.none)", "$(parameters.word)", "a $$(b)"):
        [run] = mlops.json(f"pipeline run p.yaml --param 'word={word}'")
        [line] = mlops.json(f"pipeline logs {run['run_id']} tell")[0]
        assert line == f"{word} $(parameters.word) {word} the $(word)"
