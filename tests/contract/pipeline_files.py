"""Pipelines, right and wrong ones, and the scripts of their steps."""

TWO = """
name: NAME
description: Two steps.
parameters: {rows: 2, note: plain}
data:
  raw: {path: raw.csv}
steps:
  - {name: clean, type: script, script: code/clean.py, inputs: {raw: data.raw}, outputs: [table],
     arguments: [$(inputs.raw), $(outputs.table), $(parameters.rows), "--note=<$(parameters.note)>"]}
  - {name: count, type: script, script: code/count.py, inputs: {table: clean.table}, outputs: [number],
     arguments: ["--table=$(inputs.table)", $(outputs.number)]}
"""
CLEAN = """
import pathlib, sys
source, target, rows, note = sys.argv[1:5]
lines = pathlib.Path(source).read_text().splitlines()
pathlib.Path(target).write_text("\\n".join(lines[: 1 + int(rows)]) + "\\n")
print("kept", rows, note)
"""
COUNT = """
import pathlib, sys
table = sys.argv[1].removeprefix("--table=")
pathlib.Path(sys.argv[2]).write_text(str(len(pathlib.Path(table).read_text().splitlines()) - 1))
"""
LOOKS = """
name: NAME-looks
data:
  raw: {path: raw.csv}
steps:
  - {name: clean, type: script, script: code/clean.py, inputs: {raw: data.raw}, outputs: [table],
     arguments: [$(inputs.raw), $(outputs.table), 1, x]}
  - {name: look, type: script, script: code/look.py, inputs: {table: clean.table}, arguments: [MARK]}
"""
LOOK = """
import pathlib, sys

def look(mark):
    if not pathlib.Path(mark).exists():
        raise ValueError("no mark yet")

look(sys.argv[1])
"""
ODD = """
name: NAME-odd
parameters: {how: raise}
data:
  note: {path: eine Notiz ü.txt}
steps:
  - {name: copy, type: script, script: code/take.py, inputs: {note: data.note}, outputs: [one-two],
     arguments: [$(inputs.note), $(outputs.one-two)], environment: {variables: {WORD: "$$(parameters.how)"}}}
  - {name: stop, type: script, script: code/stop.py, inputs: {a: copy.one-two, b: copy.one-two}, outputs: [never],
     arguments: ["--a=$(inputs.a)", $(inputs.b), "--how=$(parameters.how)"]}
  - {name: last, type: script, script: code/take.py, inputs: {note: stop.never}, outputs: [note],
     arguments: [$(inputs.note), $(outputs.note)]}
"""
COPY = """
import os, shutil, sys
shutil.copyfile(*sys.argv[1:3])
print(os.environ.get("WORD"))
"""
STOP = """
import sys
assert open(sys.argv[1].removeprefix("--a=")).read() == open(sys.argv[2]).read() == "hello"
if sys.argv[3] == "--how=text":
    sys.exit("gone")
print("half a line", end="", flush=True)
try:
    1 / 0
except ArithmeticError as cause:
    raise RuntimeError("no way") from cause
"""
SLOW = """
name: NAME-slow
steps:
  - {name: wait, type: script, script: code/wait.py}
"""
LATE = """
name: NAME-late
steps:
  - {name: wait, type: script, script: code/wait.py, timeout_minutes: 0.02}
"""
SCORED = """
name: NAME-scored
parameters: {factor: 2}
data:
  rows: {path: rows.csv}
steps:
  - {name: keep, type: script, script: code/keep.py, inputs: {rows: data.rows}, outputs: [table],
     arguments: [$(inputs.rows), $(outputs.table)]}
  - {name: twice, type: batch, entry_script: code/twice.py, inputs: {rows: keep.table}, mini_batch_size: 20,
     workers: 1, run_max_try: 1, error_threshold: THRESHOLD, arguments: ["--factor=$(parameters.factor)"]}
"""
TWICE = """
import sys

def init():
    global factor
    [word] = [word for word in sys.argv if word.startswith("--factor=")]
    factor = int(word.partition("=")[2])

def run(rows):
    if (rows.a == 7).any():
        raise ValueError("a seven")
    return [value * factor for value in rows.a]
"""
CYCLE = TWO.replace("inputs: {raw: data.raw}", "inputs: {raw: count.number}")
UNKNOWN = TWO.replace("table: clean.table", "table: clean.nothing")
WRONG_TYPE = TWO.replace("type: script, script: code/count.py", "type: scrypt, script: code/count.py")
CODE = {
    "clean": CLEAN,
    "count": COUNT,
    "look": LOOK,
    "take": COPY,
    "stop": STOP,
    "wait": "import time\ntime.sleep(60)\n",
    "keep": "import shutil, sys\nshutil.copyfile(*sys.argv[1:3])\n",
    "twice": TWICE,
}
