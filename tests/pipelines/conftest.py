"""Each test has its own project; every process of its pipelines is ended with it."""

from collections.abc import Iterator

import pytest

from tests.conftest import Mlops
from tests.pipelines.world import PIPELINE, Project


@pytest.fixture
def project(mlops: Mlops) -> Iterator[Project]:
    made = Project(mlops)
    yield made
    made.close()


@pytest.fixture
def published(project: Project) -> Project:
    """One whose pipeline is published."""
    project.write("code/say.py", "import sys\nprint(*sys.argv[1:])\n")
    project.pipeline(PIPELINE)
    project.mlops("pipeline", "publish", "p.yaml")
    return project
