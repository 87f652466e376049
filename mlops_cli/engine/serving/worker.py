"""The life of a worker: load, say ready, serve, outlive its supervisor, drain, end."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving import documents
from mlops_cli.engine.serving.app import App, Scores
from mlops_cli.engine.serving.capture import capture
from mlops_cli.engine.serving.collecting import DataCollector
from mlops_cli.engine.serving.linefile import LineFile
from mlops_cli.engine.serving.live import Live
from mlops_cli.engine.serving.logs import AppendFile, ServiceLog
from mlops_cli.engine.serving.messages import Response
from mlops_cli.engine.serving.metrics import Metrics
from mlops_cli.engine.serving.runner import Runner
from mlops_cli.engine.serving.server import Server
from mlops_cli.engine.serving.spec import (
    BACKLOG,
    COLLECTED_FILE,
    EXIT_STUCK,
    LOG_FILE,
    READY,
    REQUESTS_FILE,
    ServiceSpec,
    read_as,
)
from mlops_cli.engine.serving.telemetry import RequestLog

TICK_SECONDS = 0.25
COLLECT_AFTER = 10_000
"""New objects between two garbage collections where no script of the user's runs: answers leave no cycles, and those
that wait to be counted and recorded would be looked through at every tenth request."""
DRAIN_EXTRA_SECONDS = 5.0


class Worker:
    """One scoring process on inherited listening sockets."""

    def __init__(self, service_dir: Path, spec: ServiceSpec) -> None:
        self._dir = service_dir
        self._spec = spec
        self.log = ServiceLog(AppendFile(service_dir / LOG_FILE, spec.limits.log_bytes))
        self._writer = ThreadPoolExecutor(1)
        requests = AppendFile(service_dir / REQUESTS_FILE, spec.limits.log_bytes)
        self._requests = RequestLog(LineFile(requests, self._writer))
        # A link leads to where a container keeps it; rotation renames the file itself.
        place = (service_dir / COLLECTED_FILE).resolve()
        collected = AppendFile(place, spec.limits.collected_bytes)
        self._collector = DataCollector(LineFile(collected, self._writer), spec.max_body_bytes)
        self._exit_code = 0

    def load(self) -> None:
        """Read the files; load the compiled model, or the entry script. StateError, EntryFailedError."""
        spec, schema_file = self._spec, self._spec.schema_file
        schema = read_as(self._dir / schema_file, ModelSchema) if schema_file else None
        self._live = Live(self._dir, spec, self.log)
        capture(self.log)
        script = (self._dir / spec.entry_script).resolve()
        os.environ["AZUREML_MODEL_DIR"] = str(self._dir / spec.model_dir if spec.model_dir else script.parent)
        os.environ["AZUREML_ENTRY_SCRIPT"] = str(script)
        if not (spec.fast and schema and self._load_fast(spec.fast, schema)):
            self._load_script(script, schema)
        # What was loaded stays: leave it out of every later garbage collection.
        gc.collect()
        gc.freeze()

    def _load_fast(self, folder: str, schema: ModelSchema) -> bool:
        """Whether the compiled model is of this version; if not, the entry script answers until the next deploy."""
        from mlops_cli.engine.serving.fast import scorer
        from mlops_cli.engine.serving.fast.table import OutdatedError

        try:
            model = scorer.load(self._dir / folder, schema, self._spec.threads)
        except OutdatedError as error:
            self.log.write("WARNING", "service", f"the compiled model is not used: {error.message}")
            return False
        self._scorer: Scores = scorer.FastScorer(model, self._spec.max_body_bytes, self.log)
        self._swagger = documents.documents(self._spec, schema, has_probabilities=schema.classes is not None)
        gc.set_threshold(COLLECT_AFTER)
        return True

    def _load_script(self, script: Path, schema: ModelSchema | None) -> None:
        # Kept out of the fast path, which starts the sooner.
        from mlops_cli.engine.serving import entry, scoring

        loaded = entry.load(script, self._spec.payload)
        self._scorer = scoring.Scorer(loaded, schema, self._spec.max_body_bytes, self.log)
        self._swagger = documents.documents(
            self._spec,
            schema,
            decoration=loaded.decoration,
            has_probabilities=loaded.takes_method and schema is not None and schema.classes is not None,
        )

    def run(
        self,
        sockets: Sequence[socket.socket],
        ready_fd: int | None,
        alive_fd: int | None,
        heir: Sequence[str],
    ) -> int:
        """Serve until SIGTERM; the exit code. `heir` is the command to start when `alive_fd` ends."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(sockets, ready_fd, alive_fd, heir))
        return self._exit_code

    async def _serve(
        self,
        sockets: Sequence[socket.socket],
        ready_fd: int | None,
        alive_fd: int | None,
        heir: Sequence[str],
    ) -> None:
        loop = asyncio.get_running_loop()
        timeout = self._spec.scoring_timeout_ms / 1e3
        calls: Runner[Response] = Runner(loop, timeout, self._spec.limits.queue)
        metrics = Metrics(self._dir)
        app = App(
            self._spec,
            self._live,
            self._scorer,
            calls,
            self._swagger,
            self.log,
            self._requests,
            self._collector,
            metrics,
            loop.call_soon,
        )
        server = Server(app, self._spec, loop)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._live.refresh)
        if alive_fd is not None:
            loop.add_reader(alive_fd, self._orphaned, loop, alive_fd, heir)
        listening = [
            await loop.create_server(server.connection, sock=one, backlog=BACKLOG) for one in sockets
        ]
        ticking = loop.create_task(self._tick(server, app, metrics, stop))
        self.log.write("INFO", "service", f"worker {os.getpid()} is ready")
        if ready_fd is not None:
            os.write(ready_fd, READY)
            os.close(ready_fd)
        await stop.wait()
        for listener in listening:
            listener.close()
        await server.drain(timeout + DRAIN_EXTRA_SECONDS)
        ticking.cancel()
        self._keep(metrics)
        self._writer.shutdown()
        self.log.write("INFO", "service", f"worker {os.getpid()} has ended")

    async def _tick(self, server: Server, app: App, metrics: Metrics, stop: asyncio.Event) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            server.tick()
            self._live.refresh()
            self._keep(metrics)
            if app.is_worn_out and not stop.is_set():
                self.log.write("ERROR", "service", "too many calls of run() never ended; the worker gives up")
                self._exit_code = EXIT_STUCK
                stop.set()

    def _keep(self, metrics: Metrics) -> None:
        metrics.digest()
        self._requests.flush()
        self._collector.flush()

    def _orphaned(self, loop: asyncio.AbstractEventLoop, alive_fd: int, heir: Sequence[str]) -> None:
        with contextlib.suppress(BlockingIOError):
            if os.read(alive_fd, 64):
                return
            loop.remove_reader(alive_fd)
            os.close(alive_fd)
            self.log.write("WARNING", "service", "the supervisor is gone")
            if heir:
                self._start_heir(heir)

    def _start_heir(self, heir: Sequence[str]) -> None:
        null = subprocess.DEVNULL
        try:
            # The heir inherits the listening sockets of all slots; everything else of ours is closed on exec.
            subprocess.Popen(
                heir, stdin=null, stdout=null, stderr=null, start_new_session=True, close_fds=False
            )
        except OSError as error:
            self.log.write("ERROR", "service", f"cannot start a new supervisor: {error}")
