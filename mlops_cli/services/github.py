"""What a step of GitHub Actions reads: its outputs and its summary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_cli.errors import UsageError
from mlops_cli.writing import append_text

OUTPUTS = ("id", "name", "version", "endpoint", "content_hash", "changed")


def check(environ: Mapping[str, str]) -> None:
    """Raises UsageError outside of GitHub Actions, StateError where its files cannot be written."""
    if not environ.get("GITHUB_OUTPUT"):
        hint = "use it in a step of GitHub Actions, or --output json"
        raise UsageError("--output github needs the variable GITHUB_OUTPUT", hint=hint)
    for place in (environ["GITHUB_OUTPUT"], environ.get("GITHUB_STEP_SUMMARY")):
        if place:
            append_text(Path(place), "")


def report(environ: Mapping[str, str], document: Mapping[str, Any], summary: str) -> None:
    """Append the fields of `document` to $GITHUB_OUTPUT and `summary` to $GITHUB_STEP_SUMMARY."""
    lines = [f"{name}={_text(document[name])}\n" for name in OUTPUTS]
    append_text(Path(environ["GITHUB_OUTPUT"]), "".join(lines))
    if page := environ.get("GITHUB_STEP_SUMMARY"):
        append_text(Path(page), summary)


def summary(document: Mapping[str, Any], curl: str, *, dry_run: bool = False) -> str:
    """A page about a published version, as Markdown."""
    state = ("would be " * dry_run + "published") if document["changed"] else "unchanged"
    command = f"```sh\n{curl}\n```\n" if document["endpoint"] else ""
    commit = f"\n| commit | `{document['git_commit'][:12]}` |" if document["git_commit"] else ""
    default = "yes" if document["is_default"] else "no"
    return (
        f"### Pipeline {document['name']}: {state}, v{document['version']}\n\n"
        f"| | |\n| --- | --- |\n| id | `{document['id']}` |\n| endpoint | `{document['endpoint']}` |\n"
        f"| content | `{document['content_hash'][:16]}` |\n| default | {default} |{commit}\n\n"
        f"{command}"
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace("\n", " ")
