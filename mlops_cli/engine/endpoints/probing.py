"""Talking to a service on this machine, past any proxy of the environment."""

import requests

from mlops_cli.engine.serving.spec import PROBE


def send(port: int, sample: bytes, bearer: str | None, timeout: float) -> requests.Response:
    """Score a payload that is nobody's: it is not among the data that the service collects."""
    headers = {"Content-Type": "application/json", PROBE: "1"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    with _direct() as session:
        return session.post(f"http://127.0.0.1:{port}/score", data=sample, headers=headers, timeout=timeout)


def is_healthy(port: int, timeout: float = 5) -> bool:
    """Whether the health page answers with 200."""
    try:
        with _direct() as session:
            return session.get(f"http://127.0.0.1:{port}/", timeout=timeout).status_code == 200
    except requests.RequestException:
        return False


def _direct() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session
