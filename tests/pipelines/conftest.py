"""Each test has its own project; every process of its pipelines is ended with it."""

from collections.abc import Iterator

import pytest

from tests.conftest import Mlops
from tests.pipelines.world import Project


@pytest.fixture
def project(mlops: Mlops) -> Iterator[Project]:
    made = Project(mlops)
    yield made
    made.close()
