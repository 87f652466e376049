"""Names with letters that the locale does not have are no reason to fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

PIPELINE = """
parameters: {word: "größe 日 🙂"}
steps: [{name: a, type: script, script: s.py}, {name: b, type: script, script: s.py, after: [a]}]
"""


def said(folder: Path, encoding: str, *args: str) -> str:
    command = [sys.executable, "-m", "mlops_cli", "pipeline", "create", "p.yaml", *args]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "MLOPS_HOME": str(folder / "home")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode(encoding)


def test_what_a_locale_cannot_write_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "s.py").touch()
    for encoding in ("ascii", "latin-1", "utf-8"):
        document = json.loads(said(tmp_path, encoding, "-o", "json"))
        assert document["parameters"] == {"word": "größe 日 🙂"}, encoding
    assert r"word = größe \u65e5 \ud83d\ude42" in said(tmp_path, "latin-1")
    assert "word = größe 日 🙂" in said(tmp_path, "utf-8")
