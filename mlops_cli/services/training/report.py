"""What `runs show --html` means: everything known of a run, on one page."""

from typing import cast

from mlops_cli.backends.base import Backend, DiagnosisBackend
from mlops_cli.domain.data import Guardrail
from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.runs import Run
from mlops_cli.errors import MlopsError, UsageError
from mlops_cli.report.page import RunReport, as_html
from mlops_cli.services.training import train


def page(backend: Backend, run_id: str) -> str:
    """The report as HTML; a backend that keeps no answers of its trials gets one without curves."""
    run = backend.runs.get(run_id)
    children = backend.runs.children(run_id)
    best, ranked = train.best_child(run, children), train.leaderboard(run, children)
    return as_html(RunReport(run, best, ranked, _diagnosis(backend, run_id), _guardrails(backend, run)))


def _diagnosis(backend: Backend, run_id: str) -> Diagnosis | None:
    if not hasattr(backend.runs, "diagnose"):
        return None
    try:
        return cast(DiagnosisBackend, backend.runs).diagnose(run_id)
    except UsageError:
        return None


def _guardrails(backend: Backend, run: Run) -> list[Guardrail]:
    """Those of the columns that were used."""
    request = run.properties["request"]
    try:
        known = backend.data.get(request["dataset"], request["version"]).profile.guardrails
    except MlopsError:
        return []
    unused = request["settings"].get("drop_columns", [])
    return [guardrail for guardrail in known if guardrail.column not in unused]
