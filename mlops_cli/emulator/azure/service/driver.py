"""Makes a worker look like Azure's container to the entry script, then hands over: `driver.json` says to whom."""

import importlib.util
import json
import os
import sys
from pathlib import Path

here = Path(__file__).parent
settings = json.loads((here / "driver.json").read_text())
app = here / "app"
script = app / settings["script"]
os.environ.update(settings["environment"])
os.environ["AML_APP_ROOT"] = str(app)
os.environ["AZUREML_ENTRY_SCRIPT"] = settings["script"]
os.chdir(app)
sys.path[:0] = [str(script.parent), str(app)]

found = importlib.util.spec_from_file_location(script.stem, script)
assert found is not None, "the files of a service are checked before"
assert found.loader is not None, "its script is a Python file"
module = importlib.util.module_from_spec(found)
sys.modules.setdefault(script.stem, module)
found.loader.exec_module(module)
init, run = getattr(module, "init", None), getattr(module, "run", None)
