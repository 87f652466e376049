"""What a step sets and Azure has nothing for."""

from collections.abc import Iterator

from mlops_cli.domain.pipelines import AutoMLStep, Environment, ScriptStep, Step


def unused(step: Step) -> Iterator[str]:
    """A line for each, as it is said to whoever sends the step."""
    if step.retries:
        yield "Azure does not repeat failed steps; retries is not used"
    if step.timeout_minutes and not isinstance(step, ScriptStep):
        yield "Azure ends script steps only; timeout_minutes is not used"
    own = step.environment
    if isinstance(step, AutoMLStep) and own != Environment():
        yield "AutoML brings an environment of its own; environment is not used"
    elif own.name and own.packages:
        yield f"environment {own.name} has its own packages; environment.packages is not used"
