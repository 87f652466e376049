import json

from benchmarks.serving.apps.trained import labels


def init() -> None:
    pass


def run(data: str) -> str:
    return json.dumps({"result": labels(json.loads(data)["data"])})
