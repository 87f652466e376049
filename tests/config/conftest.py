from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from mlops_cli.config import LoadedProfile, load_profile
from mlops_cli.errors import ConfigError


class Project:
    """A folder with profiles in configs/ and a way to load them as a command would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {}

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / "configs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return path

    def load(self, *overrides: str, name: str | None = None, cwd: Path | None = None) -> LoadedProfile:
        return load_profile(name, cwd=cwd or self.folder, environ=self.environ, overrides=overrides)

    def problems(self, *overrides: str, name: str | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.load(*overrides, name=name)
        return [caught.value.message, *caught.value.details]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def problems_of(project: Project) -> Callable[[str | bytes], list[str]]:
    """What is wrong with a text as configs/local.yaml."""

    def check(text: str | bytes) -> list[str]:
        project.write("local.yaml", text)
        return project.problems()

    return check
