"""The ids of requests: what a client may send, and new ones."""

import itertools
import random
import re

LONGEST_ID = 100
"""Azure's limit for request ids; longer ones are answered with 431."""
_ID = re.compile(rb"[ -~]+\Z")
_OURS = "{:08x}-{:04x}-4{:03x}-a{:03x}-".format(*map(random.getrandbits, (32, 16, 12, 12)))
_COUNT = itertools.count(random.getrandbits(47))


def new_id() -> str:
    """A UUID as text: random for each worker but for its last part, which counts."""
    return f"{_OURS}{next(_COUNT):012x}"


def is_id(given: bytes) -> bool:
    return len(given) <= LONGEST_ID and _ID.match(given) is not None
