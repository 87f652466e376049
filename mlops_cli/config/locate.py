"""Which file a profile name stands for, and which folder its paths are seen from."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlops_cli.errors import NotFoundError


def locate(name: str | None, cwd: Path, environ: Mapping[str, str]) -> Path | None:
    """The file of the profile `name`; without one MLOPS_PROFILE, else `local` where it exists, else None.

    A name is looked for as NAME.yaml and configs/NAME.yaml in `cwd` and the folders above it.
    Raises NotFoundError with the profiles that exist.
    """
    wanted = name or environ.get("MLOPS_PROFILE")
    if not wanted:
        return _configured("local", cwd)
    path = seen_from(cwd, wanted) if _is_path(wanted) else _named(wanted, cwd)
    if path is None or not os.path.exists(path):
        raise _not_found(wanted, cwd)
    return path


def project_root(path: Path | None, cwd: Path) -> Path:
    """The folder above `configs/`, else the profile's own, else `cwd`."""
    if path is None:
        return cwd
    folder = Path(os.path.abspath(path)).parent
    return folder.parent if folder.name == "configs" else folder


def seen_from(folder: Path, path: str) -> Path:
    """`path` below `folder`; an absolute one, or one that starts with ~, as it is."""
    return folder / os.path.expanduser(path)


def existing(cwd: Path) -> list[str]:
    """Names of the profiles in the nearest `configs` folder."""
    folders = (folder / "configs" for folder in _upwards(cwd))
    return next((names for f in folders if (names := sorted(p.stem for p in f.glob("*.yaml")))), [])


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def _named(name: str, cwd: Path) -> Path | None:
    tries = (
        f for folder in _upwards(cwd) for f in (folder / f"{name}.yaml", folder / "configs" / f"{name}.yaml")
    )
    return next((f for f in tries if os.path.isfile(f)), None)


def _configured(name: str, cwd: Path) -> Path | None:
    tries = (folder / "configs" / f"{name}.yaml" for folder in _upwards(cwd))
    return next((f for f in tries if os.path.isfile(f)), None)


def _upwards(cwd: Path) -> Iterator[Path]:
    yield cwd
    yield from cwd.parents


def _not_found(name: str, cwd: Path) -> NotFoundError:
    names = existing(cwd)
    found = f"there are: {', '.join(names)}" if names else "there is no configs folder here or above"
    hint = f"mlops --profile {names[0]} ..." if names else "mlops init writes one"
    return NotFoundError(f"no profile '{name}'; {found}", hint=hint)
