"""kill -9 of the server again and again, at moments left to chance: what was acknowledged is there afterwards."""

import os
import random
import signal
import threading

import requests

from tests.emulator.wire import Wire

KILLS, WRITERS = 6, 3
BLOCKS = "<BlockList><Latest>QQ==</Latest><Latest>Qg==</Latest></BlockList>"


class Writer(threading.Thread):
    """Writes blobs of every kind, models and metrics until the server is gone; remembers what it was told is kept."""

    def __init__(self, emulator, name, acknowledged) -> None:
        super().__init__()
        self.wire = Wire(emulator)
        self.name = name
        self.blobs, self.models, self.metrics = {}, [], []
        self.acknowledged = acknowledged

    def run(self) -> None:
        try:
            for number in range(1000):
                for write in (self.whole, self.in_blocks, self.appended, self.model, self.metric):
                    write(f"{self.name}-{number}")
                    self.acknowledged.release()
        except requests.RequestException:
            return

    def put(self, target, content, **headers) -> None:
        assert self.wire.blob("PUT", f"/kills/{target}", data=content, headers=headers).status_code == 201

    def whole(self, name) -> None:
        content = os.urandom(20_000)
        self.put(f"whole-{name}", content)
        self.blobs[f"whole-{name}"] = content

    def in_blocks(self, name) -> None:
        first, second = os.urandom(9_000), os.urandom(5_000)
        self.put(f"blocks-{name}?comp=block&blockid=Qg==", second)
        self.put(f"blocks-{name}?comp=block&blockid=QQ==", first)
        self.put(f"blocks-{name}?comp=blocklist", BLOCKS)
        self.blobs[f"blocks-{name}"] = first + second

    def appended(self, name) -> None:
        self.put(f"appended-{name}", b"", **{"x-ms-blob-type": "AppendBlob"})
        for _ in range(3):
            content = os.urandom(3_000)
            self.put(f"appended-{name}?comp=appendblock", content)
            self.blobs[f"appended-{name}"] = self.blobs.get(f"appended-{name}", b"") + content

    def model(self, name) -> None:
        url = f"/modelmanagement/v1.0{self.wire.workspace}/models"
        posted = {"name": "killed", "url": "aml://asset/none", "kvTags": {"name": name}}
        self.models.append(self.wire.aml("POST", url, json=posted).json()["id"])

    def metric(self, name) -> None:
        value = {"metricId": name, "createdUtc": "2026-01-01T00:00:00+00:00", "data": {"x": 1.0}}
        posted = {"values": [{"name": name, "columns": {"x": "Double"}, "value": [value]}]}
        url = f"/metric/v2.0{self.wire.workspace}/runs/killed"
        assert self.wire.aml("POST", f"{url}/batch", json=posted).status_code == 200
        self.metrics.append(name)

    def lost(self, wire) -> list[str]:
        """What is no longer there, or not as it was written."""
        kept = wire.aml("POST", f"/metric/v2.0{wire.workspace}/runs/killed/list", json={}).json()["value"]
        metrics = {metric["metricKey"]["name"] for metric in kept}
        models = f"/modelmanagement/v1.0{wire.workspace}/models"
        return [
            *(n for n, c in self.blobs.items() if not wire.blob("GET", f"/kills/{n}").content.startswith(c)),
            *(model for model in self.models if wire.aml("GET", f"{models}/{model}").status_code != 200),
            *(metric for metric in self.metrics if metric not in metrics),
        ]


def test_kills_at_any_moment_lose_nothing_that_was_acknowledged(own_emulator):
    chance = random.Random(11)
    own_emulator.start()
    Wire(own_emulator).blob("PUT", "/kills?restype=container")
    every = []
    for round_ in range(KILLS):
        acknowledged = threading.Semaphore(0)
        writers = [Writer(own_emulator, f"{round_}-{n}", acknowledged) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(chance.randint(1, 60)):
            assert acknowledged.acquire(timeout=30)
        os.kill(own_emulator.process().pid, signal.SIGKILL)
        for writer in writers:
            writer.join(30)
        own_emulator.start()
        every += writers
        wire = Wire(own_emulator)
        assert [lost for writer in every for lost in writer.lost(wire)] == []
    assert sum(len(writer.blobs) for writer in every) > KILLS
    assert len({model for writer in every for model in writer.models}) == sum(len(w.models) for w in every)
