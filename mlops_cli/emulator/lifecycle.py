"""Starting, stopping and asking after an emulator."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil
import requests
from msgspec import Struct

from mlops_cli.emulator.azure.execution.folder import RunFolder
from mlops_cli.emulator.azure.jasmine.folder import AutoMLFolder
from mlops_cli.emulator.env import client_environment, workspace_config
from mlops_cli.emulator.instance import Identity, Instance
from mlops_cli.engine.files import locked, write_atomic
from mlops_cli.engine.processes import ProcessId, identify, start_detached
from mlops_cli.errors import MlopsError, NotFoundError, UsageError

READY_SECONDS = 30
STOP_SECONDS = 10


class Settings(Struct, kw_only=True):
    """What a start may choose; None keeps what the instance has. `maps` adds addresses of sample data."""

    location: str | None = None
    port: int | None = None
    fast: bool | None = None
    python: str | None = None
    automl_seconds: float | None = None
    maps: dict[str, str] | None = None


class Emulator:
    """The emulator whose files are below `folder`; running or not."""

    def __init__(self, folder: Path) -> None:
        self.instance = Instance(folder)

    @property
    def identity(self) -> Identity:
        """Raises NotFoundError when there is none yet."""
        if not self.instance.exists():
            raise NotFoundError("there is no emulator here yet", hint="mlops emulator start")
        return self.instance.identity()

    def process(self) -> ProcessId | None:
        """The server's process, None when it does not run."""
        try:
            process = msgspec.json.decode(self.instance.server_file.read_bytes(), type=ProcessId)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return process if process.is_alive() else None

    def start(
        self,
        settings: Settings | None = None,
        workspace: dict[str, str] | None = None,
        *,
        until: int | None = None,
    ) -> bool:
        """Start the server and wait until it answers; False when it ran already. It ends with process `until`.

        `workspace` (as in a config.json) is made when it does not exist; a new instance has it as its own.
        Raises UsageError when it runs with other settings, MlopsError when it does not come up.
        """
        self.instance.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.instance.folder / "start.lock"):
            running = self._answers()
            self._configure(settings or Settings(), running, workspace or {})
            if not running:
                self.instance.server_file.unlink(missing_ok=True)
                command = [sys.executable, "-m", "mlops_cli.emulator", str(self.instance.folder)]
                command += [msgspec.json.encode(identify(until)).decode()] if until else []
                self._wait(start_detached(command, log=self.instance.log, env={}))
            if workspace:
                self.control("PUT", "/emulator/workspaces", workspace)
            return not running

    def stop(self) -> bool:
        """Stop the server; False when it did not run."""
        process = self.process()
        if process is None:
            return False
        for end in (psutil.Process.terminate, psutil.Process.kill):
            with contextlib.suppress(psutil.NoSuchProcess):
                end(psutil.Process(process.pid))
            if _gone(process):
                break
        return True

    def reset(self) -> None:
        """Forget all state, keep the identity; submitted scripts end, a running server is started again."""
        running = self.stop()
        self.end_work()
        shutil.rmtree(self.instance.state, ignore_errors=True)
        shutil.rmtree(self.instance.client_home, ignore_errors=True)
        self.instance.client_home.mkdir(parents=True, exist_ok=True)
        if running:
            self.start()

    def end_work(self) -> None:
        """End the scripts, trainings and services that still run, also those of a server that was killed."""
        from mlops_cli.engine.endpoints import control

        state = self.instance.state
        for folder in (state / "runs").glob("*"):
            RunFolder(folder).kill()
        for folder in (state / "automl").glob("*"):
            AutoMLFolder(folder).kill()
        for status in (state / "services").rglob("supervisor.json"):
            control.stop(status.parent)

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Variables for a client process, see `env.client_environment`."""
        return client_environment(self.instance, self.identity, environ)

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Call the control API of the running server. Raises UsageError with what it refused."""
        identity = self.identity
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(
                    method,
                    f"http://127.0.0.1:{identity.port}{path}",
                    json=document,
                    headers={"Authorization": f"Bearer {identity.control_key}"},
                    timeout=READY_SECONDS,
                )
            except requests.RequestException as error:
                raise NotFoundError("the emulator does not run", hint="mlops emulator start") from error
        if not answer.ok:
            raise UsageError(f"the emulator refused: {answer.json()['error']['message']}")
        return answer.json() if answer.content else None

    def _answers(self) -> bool:
        """Whether the server runs and is not about to end."""
        deadline = time.monotonic() + READY_SECONDS
        while self.process() and time.monotonic() < deadline:
            with contextlib.suppress(NotFoundError):
                self.control("GET", "/health")
                return True
            time.sleep(0.02)
        return False

    def _configure(self, settings: Settings, running: bool, workspace: dict[str, str]) -> None:
        """Bring the identity in line with the settings, or make it."""
        wanted = {k: v for k, v in msgspec.to_builtins(settings).items() if v is not None}
        if not self.instance.exists():
            self.instance.create(msgspec.structs.replace(Identity(), **wanted, **workspace))
            return
        identity = self.instance.identity()
        wanted["maps"] = identity.maps | (settings.maps or {})
        if all(getattr(identity, name) == value for name, value in wanted.items()):
            return
        if running:
            hint = "mlops emulator stop, then start again"
            raise UsageError("the emulator runs already, with other settings", hint=hint)
        self.instance.save(msgspec.structs.replace(identity, **wanted))

    def _wait(self, process: ProcessId) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and process.is_alive():
            if self.instance.server_file.exists():
                self.control("GET", "/health")
                return
            time.sleep(0.02)
        lines = self.instance.log.read_text(errors="replace").splitlines()[-10:]
        raise MlopsError("the emulator did not start", hint=f"see {self.instance.log}", details=lines)


def _gone(process: ProcessId) -> bool:
    """Wait for the end of a process that may be another's child: it then stays as a zombie."""
    deadline = time.monotonic() + STOP_SECONDS
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not process.is_alive()


def found_workspace_config(cwd: Path) -> dict[str, str] | None:
    """The workspace that `Workspace.from_config()` would find from `cwd` upwards, None without one."""
    names = ("subscription_id", "resource_group", "workspace_name")
    for folder in (cwd, *cwd.parents):
        for place in (".azureml/config.json", "config.json", "aml_config/config.json"):
            with contextlib.suppress(OSError, msgspec.DecodeError, KeyError, TypeError):
                document = msgspec.json.decode((folder / place).read_bytes())
                return {name: str(document[name]) for name in names}
    return None


def write_workspace_config(emulator: Emulator, folder: Path) -> Path:
    """Write `config.json` into `folder`, where `Workspace.from_config()` finds it."""
    path = folder / "config.json"
    document = msgspec.json.format(msgspec.json.encode(workspace_config(emulator.identity)), indent=2)
    write_atomic(path, document + b"\n")
    return path
