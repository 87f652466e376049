"""What a step of GitHub Actions reads: its outputs and its summary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_cli.errors import UsageError

OUTPUTS = ("id", "name", "version", "endpoint", "content_hash", "changed")


def check(environ: Mapping[str, str]) -> None:
    """Raises UsageError outside of GitHub Actions."""
    if not environ.get("GITHUB_OUTPUT"):
        hint = "use it in a step of GitHub Actions, or --output json"
        raise UsageError("--output github needs the variable GITHUB_OUTPUT", hint=hint)


def report(environ: Mapping[str, str], document: Mapping[str, Any], summary: str) -> None:
    """Append the fields of `document` to $GITHUB_OUTPUT and `summary` to $GITHUB_STEP_SUMMARY."""
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={_text(document[name])}\n" for name in OUTPUTS)
    if page := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(summary)


def summary(document: Mapping[str, Any], curl: str) -> str:
    """A page about a published version, as Markdown."""
    state = "published" if document["changed"] else "unchanged"
    commit = f"\n| commit | `{document['git_commit'][:12]}` |" if document["git_commit"] else ""
    default = "yes" if document["is_default"] else "no"
    return (
        f"### Pipeline {document['name']}: {state}, v{document['version']}\n\n"
        f"| | |\n| --- | --- |\n| id | `{document['id']}` |\n| endpoint | `{document['endpoint']}` |\n"
        f"| content | `{document['content_hash'][:16]}` |\n| default | {default} |{commit}\n\n"
        f"```sh\n{curl}\n```\n"
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).replace("\n", " ")
