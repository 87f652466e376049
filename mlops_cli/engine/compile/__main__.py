"""`python -m mlops_cli.engine.compile MODEL OUT`: compile the model in folder MODEL into folder OUT.

The last line of stdout is an Outcome as JSON. In a process of its own, for it imports the libraries that the
model was trained with, and runs the model's own code.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from mlops_cli.engine.compile import compiling


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mlops_cli.engine.compile")
    parser.add_argument("model", type=Path, help="the folder of a model")
    parser.add_argument("out", type=Path, help="where to put the compiled one")
    parser.add_argument("--rows", type=Path, help="the table that the model was trained on")
    parser.add_argument("--delimiter", help="of the table, if it is a CSV")
    parser.add_argument("--encoding", help="of the table, if it is a CSV")
    given = parser.parse_args()
    rows = compiling.Rows(given.rows, given.delimiter, given.encoding)
    found = compiling.compile_folder(given.model, given.out, rows)
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")


if __name__ == "__main__":
    main()
