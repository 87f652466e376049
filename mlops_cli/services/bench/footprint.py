"""What the processes of a local service use: those that listen on its port."""

from typing import Any

from mlops_cli.bench.limit import Footprint


class Watched:
    """CPU time and memory of the processes behind a port of this machine, from the first look to the last."""

    def __init__(self, port: int) -> None:
        self._processes = _listening(port)
        self._begun = self._seconds()

    def footprint(self, requests: int, workers: int) -> Footprint:
        """Per answered request; None where no process can be seen (another user's, or no psutil)."""
        if not self._processes or not requests:
            return Footprint(workers)
        memory = sum(process.memory_info().rss for process in self._processes) / 1e6
        return Footprint(workers, (self._seconds() - self._begun) / requests, memory / workers)

    def _seconds(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return float(sum(time.user + time.system for time in times))


def _listening(port: int) -> list[Any]:
    try:
        import psutil
    except ImportError:
        return []
    found = []
    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        if any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections):
            found.append(process)
    return found
