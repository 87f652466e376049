"""The commands that are proposed are those of the profile in use."""

from tests.cli.toy import PROFILE, register
from tests.conftest import Mlops


def test_the_next_command_names_the_profile_that_was_asked_for(mlops: Mlops) -> None:
    register(mlops)
    (mlops.project / "configs" / "blue.yaml").write_text(PROFILE)
    failed = mlops("--profile", "blue", "score", "--data", "none.json", code=4)
    hint = failed.stderr.splitlines()[-1]
    assert hint == "Next: see: mlops --profile blue endpoints list"
    told = mlops("--profile", "blue", "score", "--data", "none.json", "-o", "json", code=4).json()
    assert hint == f"Next: {told['error']['hint']}"
    assert mlops("score", "--data", "none.json", code=4).stderr == failed.stderr.replace(
        " --profile blue", ""
    )


def test_so_do_the_commands_below_a_table(mlops: Mlops) -> None:
    mlops.profile("experiment: tests")
    (mlops.project / "configs" / "blue.yaml").write_text("experiment: tests")
    (mlops.project / "write.py").write_text("import sys\nopen(sys.argv[1], 'w').close()\n")
    step = "{name: s, type: script, script: write.py, outputs: [o], arguments: [$(outputs.o)]}"
    (mlops.project / "p.yaml").write_text(f"name: p\nsteps: [{step}]\n")
    done = mlops("--profile", "blue", "pipeline", "run", "p.yaml", "--wait")
    run_id = next(word for word in done.stdout.split() if word.startswith("Pipeline_"))
    assert done.stdout.splitlines()[-1].strip() == (
        f"s.o: mlops --profile blue pipeline download {run_id} s.o"
    )
