"""What is remembered of a pipeline that was built."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class StepFacts(Struct, omit_defaults=True):
    """What is remembered of a step to show it before Azure has a run of it.

    `outputs` are the names that Azure's own ports cannot have.
    """

    name: str
    type: str
    waits_for: list[str] = []
    outputs: list[str] = []


class Built(Struct):
    """A pipeline ready to be submitted or published. `content_hash` covers graph, code and data.

    `parameters` are those in force, `chosen` those that are no `defaults` of the graph. `open_data` are those that a
    run may choose, with how they are read.
    """

    pipeline: Any
    name: str
    content_hash: str
    steps: list[StepFacts]
    parameters: dict[str, Any]
    chosen: dict[str, Any]
    defaults: dict[str, Any]
    data: dict[str, str]
    open_data: dict[str, str]
