"""Where the time of one answered request went, and how large its answer was."""

from mlops_cli.bench.connection import Connection
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.response import Answer


def measure(recording: Recording, connection: Connection, answer: Answer, now: float) -> bool:
    """Add the phases of the request that is recorded next; whether its connection is a new one."""
    index = len(recording.latency)
    recording.received += answer.size
    recording.body_received += len(answer.body)
    if answer.status != 200:
        recording.statuses[answer.status] += 1
    if now > connection.first_byte:
        recording.transfers.add(index, now - connection.first_byte)
    if not recording.document_length:
        recording.document_length = len(answer.body)
        recording.server = (answer.header(b"server") or b"").decode("latin-1")
    return connection.connect_seconds is not None and _measure_opening(recording, connection, index)


def _measure_opening(recording: Recording, connection: Connection, index: int) -> bool:
    recording.connects.add(index, connection.connect_seconds or 0.0)
    connection.connect_seconds = None
    if connection.tls_seconds:
        recording.handshakes.add(index, connection.tls_seconds)
    return True
