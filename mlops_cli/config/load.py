"""From a name to a checked profile that knows where each value came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mlops_cli.config.check import check
from mlops_cli.config.layers import environment_layers, file_layers, flag_layers
from mlops_cli.config.locate import locate, project_root, seen_from
from mlops_cli.config.model import ALIASES, Profile
from mlops_cli.config.parameters import with_defaults
from mlops_cli.config.problems import Problem, config_error
from mlops_cli.config.rules import check_rules
from mlops_cli.config.tree import Node, covers, find, merge, walk


class Unset(Struct):
    """A value that waits for an environment variable."""

    variable: str
    key: str
    where: str


class LoadedProfile(Struct):
    """A profile and how it came about.

    `profile` holds the defaults in place of values whose variable is not set: ask `require` for the
    sections or keys that a command uses. `root` is the folder that paths are seen from, `home` that of all
    state. `warnings` are lines for the user.
    """

    profile: Profile
    path: Path | None
    root: Path
    home: Path
    tree: Node
    unset: list[Unset]
    warnings: list[str]

    def require(self, *keys: str) -> Profile:
        """The profile, once every value in `keys` is known. Raises ConfigError naming the variables."""
        missing = [u for u in self.unset if any(covers(key, u.key) or covers(u.key, key) for key in keys)]
        if missing:
            raise _unset_error(missing)
        return self.profile

    def file(self, path: str) -> Path:
        """A path of the profile, seen from `root`."""
        return seen_from(self.root, path)

    def provenance(self, key: str) -> str:
        """Where the value of `key` was written: file:line:column, a variable, a flag, or `default`."""
        node = find(self.tree, ALIASES.get(key, key))
        return node.where if node else "default"


def load_profile(
    name: str | None, *, cwd: Path, environ: Mapping[str, str], overrides: Sequence[str] = ()
) -> LoadedProfile:
    """Find, read, merge and check a profile: flags > environment > profile > parent > default.

    Raises NotFoundError when there is no such profile, ConfigError with everything that is wrong in it.
    """
    path = locate(name, cwd, environ)
    files, problems = file_layers(path, cwd, environ) if path else ([], [])
    variables, misnamed, warnings = environment_layers(environ)
    flags, misused = flag_layers(overrides)
    tree = reduce(merge, [*files, *variables, *flags], Node({}, "default"))
    profile, wrong = check(_with_parameters(tree))
    problems += misnamed + misused + wrong
    unset = [Unset(node.unset, key, node.where) for key, node in walk(tree) if node.unset]
    doubts = [*(p.key for p in problems if p.key), *(u.key for u in unset)]
    problems += check_rules(profile, tree, doubts)
    if problems:
        raise config_error(in_order(problems))
    if always := [u for u in unset if u.key == "backend"]:
        raise _unset_error(always)
    root = project_root(path, cwd)
    return LoadedProfile(profile, path, root, _home(root, cwd, environ), tree, unset, warnings)


def _with_parameters(tree: Node) -> Node:
    """`tree` with the defaults of the pipeline's parameters put into its steps."""
    if "pipeline" not in tree.value:
        return tree
    return replace(tree, value=tree.value | {"pipeline": with_defaults(tree.value["pipeline"])})


def _home(root: Path, cwd: Path, environ: Mapping[str, str]) -> Path:
    chosen = environ.get("MLOPS_HOME")
    return seen_from(cwd, chosen) if chosen else root / ".mlops"


def _unset_error(unset: list[Unset]) -> Exception:
    problems = [Problem(u.where, u.key, f"the environment variable {u.variable} is not set") for u in unset]
    error = config_error(problems)
    error.hint = f"export {unset[0].variable}=..., or --set {unset[0].key}=..."
    return error


def in_order(problems: list[Problem]) -> list[Problem]:
    """File by file and line by line, as one would correct them."""

    def place(problem: Problem) -> tuple[str, list[int]]:
        name, *numbers = problem.where.rsplit(":", 2)
        return name, [int(n) for n in numbers if n.isdigit()]

    return sorted(problems, key=place)
