"""The same story on every backend: `local`, and `azureml` on the emulator or, with MLOPS_TEST_AZURE=1, on Azure."""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.azureml.conftest import Commands, clean, sdk_python
from tests.contract.pipeline_story import PipelineStory
from tests.contract.story import Story, clean_up

BACKENDS = ("local", "azureml")
AZURE = """
backend: azureml
workspace:
  subscription_id: ${AZURE_SUBSCRIPTION_ID}
  resource_group: ${AZURE_RESOURCE_GROUP}
  name: ${AZURE_WORKSPACE_NAME}
compute: {name: mlops-test, max_nodes: 2}
"""
PROFILES = {"local": "backend: local", "azureml": AZURE}


@pytest.fixture(scope="session")
def stories(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function from a backend's name to its story, told once in the session."""
    told: dict[str, Story] = {}

    def story(backend: str) -> Story:
        if backend not in told:
            told[backend] = _story(backend, request, tmp_path_factory.mktemp(f"contract-{backend}"))
            told[backend].tell()
        return told[backend]

    yield story
    for found in told.values():
        clean_up(found)


def _story(backend: str, request: pytest.FixtureRequest, project: Path) -> Story:
    return Story(commands_of(backend, request, project), PROFILES[backend], f"bank-{secrets.token_hex(3)}")


def commands_of(backend: str, request: pytest.FixtureRequest, project: Path) -> Commands:
    """The command line in a project, with the profile of a backend."""
    if backend == "local":
        return Commands(project, sys.executable, clean({}), "local")
    return Commands(project, sdk_python(), _azure(request), "azure")


def _azure(request: pytest.FixtureRequest) -> dict[str, str]:
    if os.environ.get("MLOPS_TEST_AZURE") == "1":
        return dict(os.environ)
    emulator = request.getfixturevalue("azureml_emulator")
    emulator.clear_faults()
    return clean(emulator.emulator.environment(os.environ))


@pytest.fixture(scope="session", params=BACKENDS)
def story(request: pytest.FixtureRequest, stories: Any) -> Story:
    found: Story = stories(request.param)
    return found


@pytest.fixture(scope="session")
def both(stories: Any) -> tuple[Story, Story]:
    return stories("local"), stories("azureml")


@pytest.fixture(scope="session")
def pipelines_told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A function from a backend's name to its story of pipelines, told once in the session."""
    told: dict[str, PipelineStory] = {}

    def story(backend: str) -> PipelineStory:
        if backend not in told:
            project = tmp_path_factory.mktemp(f"pipelines-{backend}")
            commands = commands_of(backend, request, project)
            told[backend] = PipelineStory(commands, PROFILES[backend], f"pipes-{secrets.token_hex(3)}")
            told[backend].tell()
        return told[backend]

    yield story
    for found in told.values():
        found.clean_up()


@pytest.fixture(scope="session", params=BACKENDS)
def pipelines(request: pytest.FixtureRequest, pipelines_told: Any) -> PipelineStory:
    found: PipelineStory = pipelines_told(request.param)
    return found
