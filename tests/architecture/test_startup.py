"""`mlops --help` starts fast because of what it does not import."""

import subprocess
import sys

import pytest

from mlops_cli.cli.main import COMMANDS

HEAVY = (
    "msgspec",
    "yaml",
    "requests",
    "rich",
    "numpy",
    "pandas",
    "sklearn",
    "lightgbm",
    "azureml",
    "sqlite3",
    "asyncio",
)
HEAVY_FOR_COMMAND_HELP = (
    "msgspec",
    "yaml",
    "requests",
    "rich",
    "numpy",
    "pandas",
    "sklearn",
    "lightgbm",
    "azureml",
)


def imported_by(*args: str) -> set[str]:
    """Top-level names of the modules a `mlops ARGS` process has imported when it ends."""
    code = (
        "import sys; from mlops_cli.__main__ import main\n"
        f"sys.argv = ['mlops', *{args!r}]\n"
        "code = main()\n"
        "assert code == 0, code\n"
        "sys.stderr.write(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_imports_click_and_the_standard_library_only() -> None:
    third_party = imported_by("--help") - set(sys.stdlib_module_names) - site_modules()
    assert third_party == {"click", "mlops_cli"}
    assert not imported_by("--help") & set(HEAVY)


def site_modules() -> set[str]:
    """What an empty interpreter of this environment has already (import hooks of editable installs)."""
    code = "import sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_nothing_heavy(name: str) -> None:
    assert not imported_by(name, "--help") & set(HEAVY_FOR_COMMAND_HELP)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_root_help_says_what_the_command_says(name: str) -> None:
    entry = COMMANDS[name]
    assert entry.load().get_short_help_str(200) == entry.help
