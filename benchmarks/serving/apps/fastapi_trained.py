from typing import Any

from fastapi import FastAPI

from benchmarks.serving.apps.trained import labels

app = FastAPI()


@app.post("/score")
def score(body: dict[str, list[dict[str, Any]]]) -> dict[str, list[Any]]:
    return {"result": labels(body["data"])}
