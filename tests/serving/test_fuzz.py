"""Whatever a client sends to a service with a schema, it is never the service's fault."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.harness import KEY, ROWS, Client, Worker, request

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
VALUES = ANY_JSON | st.sampled_from(["1e400", "-0", "١٢", "0x10", " 7 ", "NaN", 2**64, -(2**63), 1e308])
NEARLY_ROWS = st.fixed_dictionaries(
    {}, optional={"age": VALUES, "job": VALUES, "rate": VALUES, "y": VALUES, "AGE": VALUES}
)
NEARLY_RIGHT = st.one_of(
    st.fixed_dictionaries({"data": st.lists(NEARLY_ROWS | st.lists(VALUES, max_size=4), max_size=3)}),
    st.fixed_dictionaries({"Inputs": ANY_JSON, "GlobalParameters": ANY_JSON}),
    st.fixed_dictionaries({"columns": ANY_JSON, "data": st.lists(st.lists(VALUES, max_size=3), max_size=3)}),
)
FUZZ = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answer(service: Worker, body: bytes) -> Any:
    with Client(service.port) as client:
        return client.send(request("POST", "/score", body, {**KEY, "Content-Length": str(len(body))})).read()


@FUZZ
@given(value=ANY_JSON | NEARLY_RIGHT)
def test_any_json_is_answered_or_refused(service: Worker, value: Any) -> None:
    found = answer(service, json.dumps(value).encode())
    assert found.status in (200, 400)
    if found.status == 400:
        assert found.json()["error"]["message"]
    else:
        assert json.loads(found.json())["result"]


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered_or_refused(service: Worker, body: bytes) -> None:
    assert answer(service, body).status == 400


@FUZZ
@given(noise=st.binary(min_size=1, max_size=120), cut=st.integers(0, 200))
def test_any_noise_on_the_wire_is_survived(service: Worker, noise: bytes, cut: int) -> None:
    whole = request("POST", "/score", json.dumps({"data": ROWS}).encode(), KEY)
    with Client(service.port) as client:
        client.send(whole[:cut] + noise + whole[cut:])
    assert service.process.poll() is None


def test_the_service_is_well_after_all_that(service: Worker) -> None:
    assert service.score({"data": ROWS}).status == 200
    assert not [line for line in service.log() if line["level"] == "ERROR"]
