import json

from benchmarks.serving.apps.compiled import answer


def init() -> None:
    pass


def run(data: str) -> str:
    return json.loads(answer(data.encode()))
