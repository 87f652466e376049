"""Nothing but the model path: what uvicorn can do at best."""

from typing import Any

from benchmarks.serving.apps.compiled import answer


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    result = answer(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(result))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": result})
