"""`mlops deploy --out DIR`: what is written, and what to do with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.deployment import DeployRequest, Exported


def export(app: App, wanted: DeployRequest, out: Path | None, *, dry_run: bool) -> bool:
    """Write the folder, show what it is; whether anything changed."""
    from mlops_cli.cli.phases import PhaseLines
    from mlops_cli.services.export import export as write

    assert out
    folder = app.cwd / out
    if dry_run:
        app.show(
            {"name": wanted.name, "target": wanted.settings.target, "path": str(folder)},
            lambda console: console.print(f"would write {folder}", soft_wrap=True, markup=False),
        )
        return not folder.exists()
    with PhaseLines(app) as lines:
        found = write(app.backend, wanted, folder, lines.update)
    app.show(found, lambda console: _view(console, found))
    app.say(f"Next: read {Path(found.path) / 'README.md'}")
    return found.changed


def _view(console: Any, found: Exported) -> None:
    text = "\n".join([f"{'written' if found.changed else 'unchanged'}: {found.path}", *found.files])
    console.print(text.replace("\n", "\n  "), soft_wrap=True, markup=False)
