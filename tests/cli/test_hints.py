"""The commands that are proposed are those of the profile in use."""

from tests.cli.toy import PROFILE, register
from tests.conftest import Mlops


def test_the_next_command_names_the_profile_that_was_asked_for(mlops: Mlops) -> None:
    register(mlops)
    (mlops.project / "configs" / "blue.yaml").write_text(PROFILE)
    failed = mlops("--profile", "blue", "score", "--data", "none.json", code=4)
    hint = failed.stderr.splitlines()[-1]
    assert hint == "Next: see: mlops --profile blue endpoints list"
    assert mlops("score", "--data", "none.json", code=4).stderr == failed.stderr.replace(
        " --profile blue", ""
    )
