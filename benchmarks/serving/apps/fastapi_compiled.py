from fastapi import FastAPI, Request, Response

from benchmarks.serving.apps.compiled import answer

app = FastAPI()


@app.post("/score")
async def score(request: Request) -> Response:
    return Response(answer(await request.body()), media_type="application/json")
