"""What a call of Azure ML's SDK costs against the emulator: whole, and the emulator's part of it; and its memory.

The rest of a call is the SDK's own: it makes a session, and so a TLS handshake, for nearly every request. What
a request costs without the SDK is printed below, over a kept and over a new connection.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import requests

from mlops_cli.emulator.lifecycle import Emulator, Settings, write_workspace_config

ROUNDS = 40
CLIENT = """
import json, statistics, sys, time
import os, requests
from azureml.core import Dataset, Environment, Experiment, Run, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.model import Model
rounds, control, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ws = Workspace.from_config()
ComputeTarget.create(ws, "cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
open("data.csv", "w").write("a,b\\n1,2\\n")
store = ws.get_default_datastore()
store.upload_files(["data.csv"], overwrite=True, show_progress=False)
Dataset.Tabular.from_delimited_files((store, "data.csv")).register(ws, "table")
Model.register(ws, "data.csv", "model")
Environment("plain").register(ws)
run = Experiment(ws, "experiment").start_logging(snapshot_directory=None)
run.log("metric", 1.0)
run.complete()
calls = {
    "ComputeTarget(ws, name)": lambda: ComputeTarget(ws, "cluster"),
    "Model(ws, name)": lambda: Model(ws, "model"),
    "Dataset.get_by_name": lambda: Dataset.get_by_name(ws, "table"),
    "Environment.get": lambda: Environment.get(ws, "plain"),
    "Run.get": lambda: Run.get(ws, run.id),
    "run.get_metrics()": lambda: run.get_metrics(),
    "Workspace.from_config()": lambda: Workspace.from_config(),
}
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Bearer " + key
def at_work():
    found = session.get(control + "/emulator/status").json()
    return found["calls"], found["seconds_at_work"]
results = {}
for name, call in calls.items():
    call()
    seconds, before = [], at_work()
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    after = at_work()
    results[name] = (statistics.median(seconds), (after[0] - before[0] - 1) / rounds, (after[1] - before[1]) / rounds)
json.dump(results, open("results.json", "w"))
"""


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(Path(folder) / "emulator")
        emulator.start(Settings(fast=True))
        try:
            _report(emulator, Path(folder))
        finally:
            emulator.stop()


def _report(emulator: Emulator, folder: Path) -> None:
    process = emulator.process()
    assert process is not None, "it was just started"
    memory = psutil.Process(process.pid).memory_info().rss
    write_workspace_config(emulator, folder)
    identity = emulator.identity
    address = f"http://127.0.0.1:{identity.port}"
    command = [sys.executable, "-W", "ignore", "-c", CLIENT, str(ROUNDS), address, identity.control_key]
    environment = {**os.environ, **emulator.environment(os.environ)}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    print(f"{'call of the SDK':<26} {'median ms':>9} {'requests':>9} {'emulator ms':>12}")
    for name, (seconds, count, own) in json.loads((folder / "results.json").read_bytes()).items():
        print(f"{name:<26} {seconds * 1000:>9.1f} {count:>9.1f} {own * 1000:>12.2f}")
    kept, new = _bare(emulator, kept=True), _bare(emulator, kept=False)
    print(f"a request without the SDK: {kept:.2f} ms over a kept connection, {new:.2f} ms over a new one")
    after = psutil.Process(process.pid).memory_info().rss
    print(f"memory: {memory / 2**20:.0f} MiB at the start, {after / 2**20:.0f} MiB after these calls")


def _bare(emulator: Emulator, *, kept: bool) -> float:
    """Median milliseconds of a small request through the proxy, TLS and all."""
    proxy = f"http://127.0.0.1:{emulator.identity.port}"
    seconds = []
    session = _session(proxy, emulator)
    for _ in range(ROUNDS):
        if not kept:
            session = _session(proxy, emulator)
        began = time.perf_counter()
        session.get("https://eastus2.api.azureml.ms/discovery")
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:]) * 1000


def _session(proxy: str, emulator: Emulator) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": proxy}
    session.verify = str(emulator.instance.ca)
    return session
