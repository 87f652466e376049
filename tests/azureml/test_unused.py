"""What a step sets and Azure has nothing for is said, and nothing else."""

from mlops_cli.backends.azureml.pipelines.unused import unused
from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, Environment, ScriptStep, Step

NAMED = Environment(name="AzureML-AutoML", packages=["lightgbm"])


def left_out(step: Step) -> list[str]:
    return [line.rpartition("; ")[2] for line in unused(step)]


def test_what_azure_has_nothing_for_is_said() -> None:
    script = ScriptStep(name="s", script="s.py", retries=1, timeout_minutes=5, environment=NAMED)
    assert left_out(script) == ["retries is not used", "environment.packages is not used"]
    batch = BatchStep(name="b", entry_script="b.py", timeout_minutes=5)
    assert left_out(batch) == ["timeout_minutes is not used"]
    automl = AutoMLStep(name="a", environment=Environment(variables={"A": "1"}))
    assert left_out(automl) == ["environment is not used"]


def test_what_azure_takes_is_passed_over_in_silence() -> None:
    own = Environment(packages=["lightgbm"], variables={"A": "1"})
    script = ScriptStep(name="s", script="s.py", timeout_minutes=5, environment=own)
    assert left_out(script) == left_out(AutoMLStep(name="a")) == []
