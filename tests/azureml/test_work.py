"""What is particular to Azure: runs that go on without us, things that others made, AKS, raw answers."""

import json

from tests.azureml.conftest import program

TRAIN = "--set train.max_trials=2 --set data.path=bank.csv"


def test_a_run_goes_on_without_us_and_is_taken_up_again(bank):
    started, again, timed_out, done, anew, canceled = bank.run(
        f"train {TRAIN} --no-wait -o json",
        f"train {TRAIN} --no-wait -o json",
        f"train {TRAIN} --timeout 0 -o json",
        f"train {TRAIN} -o json",
        f"train {TRAIN} --no-wait --new --set train.max_trials=60 -o json",
        "runs cancel {run_id} -o json",
    )
    run = started.json()["run_id"]
    assert started.json()["status"] not in ("Completed", "Failed")
    assert again.json()["run_id"] == run
    assert "following the unfinished run" in again.stderr
    assert timed_out.code == 7
    assert (done.json()["run_id"], done.json()["status"]) == (run, "Completed")
    assert done.json()["model"]["name"] == "bankmarketing"
    assert anew.json()["run_id"] != run
    assert canceled.json()["run_id"] == anew.json()["run_id"]
    assert canceled.json()["status"] in ("Canceled", "CancelRequested")


def test_the_service_answers_with_azures_bytes(bank):
    bank.json(f"train {TRAIN} --new", "deploy raw-bytes")
    [rows, endpoint, keys] = bank.json(
        "score raw-bytes --example", "endpoints show raw-bytes", "endpoints keys raw-bytes"
    )
    (bank.project / "rows.json").write_text(json.dumps(rows))
    code = f"""
import requests
answer = requests.post({endpoint["scoring_uri"]!r}, data=open("rows.json").read(),
                       headers={{"Content-Type": "application/json", "Authorization": "Bearer {keys["secondary"]}"}})
print(answer.status_code, answer.text)
"""
    answer = program(bank, code)
    assert answer in [
        rf'200 "{{\"result\": [\"{a}\", \"{b}\"]}}"' for a in ("yes", "no") for b in ("yes", "no")
    ]
    bank.json("endpoints delete raw-bytes --yes")


def test_a_cluster_that_is_there_is_left_as_it_is(bank):
    code = """
from azureml.core.compute import AmlCompute, ComputeTarget
made = ComputeTarget.create(ws, "theirs", AmlCompute.provisioning_configuration("Standard_D2_v2", max_nodes=1))
made.wait_for_completion()
"""
    program(bank, code)
    result = bank(f"train {TRAIN} --no-wait --new --set compute.name=theirs -o json")
    assert "theirs has vm_size Standard_D2_v2, the profile says Standard_DS12_v2" in result.stderr.replace(
        "\n", " "
    )
    assert "max_nodes 1, the profile says 6; it is left as it is" in result.stderr
    size = program(bank, "print(ws.compute_targets['theirs'].scale_settings.maximum_node_count)")
    assert size == "1"
    bank.json(f"runs cancel {result.json()['run_id']}")


def test_data_that_somebody_else_registered_is_profiled(bank):
    code = """
store = ws.get_default_datastore()
store.upload_files(["bank.csv"], target_path="theirs", overwrite=True)
Dataset.Tabular.from_delimited_files([(store, "theirs/bank.csv")]).register(ws, "theirs", tags={"by": "them"})
"""
    program(bank, code)
    [shown, profile] = bank.json("data show theirs", "data profile theirs")
    assert (shown["version"], shown["tags"]) == (1, {"by": "them"})
    assert profile["rows"] == 800
    assert [column["name"] for column in profile["columns"]][-1] == "y"
    assert "theirs" in [dataset["name"] for dataset in bank.json("data list")[0]]


def test_a_model_that_somebody_else_registered_is_listed_and_downloaded(bank):
    (bank.project / "weights.txt").write_text("1 2 3")
    program(bank, 'Model.register(ws, "weights.txt", "weights", tags={"by": "them"})')
    [model, got] = bank.json("models show weights", "models download weights")
    assert (model["version"], model["tags"], model["task"]) == (1, {"by": "them"}, None)
    assert (bank.project / "weights" / "weights.txt").read_text() == "1 2 3"
    assert got["path"] == str(bank.project / "weights")


def test_a_service_on_kubernetes_opens_with_a_token(bank):
    (bank.project / "entry.py").write_text(
        "def init():\n    pass\n\n\ndef run(data):\n    return {'got': data}\n"
    )
    refused = bank("deploy on-aks --entry-script entry.py --target aks -o json", code=4)
    assert "no AKS cluster" in refused.json()["error"]["message"]
    code = """
from azureml.core.compute import AksCompute, ComputeTarget
wanted = AksCompute.provisioning_configuration(agent_count=1, cluster_purpose="DevTest")
made = ComputeTarget.create(ws, "kubernetes", wanted)
made.wait_for_completion()
"""
    program(bank, code)
    (bank.project / "sample.json").write_text("[1]")
    aks = "--entry-script entry.py --target aks --auth token --sample sample.json"
    [deployed, token, scored] = bank.json(
        f"deploy on-aks {aks}", "endpoints token on-aks", "score on-aks --data sample.json --no-validate"
    )
    assert (deployed["target"], deployed["auth"], deployed["workers"]) == ("aks", "token", 2)
    assert token["token"]
    assert scored == {"got": '{"data": [1]}'}
    [more, plan, back] = bank.json(
        "endpoints update on-aks --workers 3", f"deploy on-aks {aks} --dry-run", f"deploy on-aks {aks}"
    )
    assert (more["workers"], more["revision"], more["changed"]) == (3, 1, True)
    assert (plan["action"], plan["changes"]) == ("configure", ["workers 3 -> 2"])
    assert (back["workers"], back["revision"]) == (2, 1)
    bank.json("endpoints delete on-aks --yes")


def test_of_several_kubernetes_clusters_the_profile_names_one(bank):
    (bank.project / "entry.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return 1\n")
    code = """
from azureml.core.compute import AksCompute, ComputeTarget
wanted = AksCompute.provisioning_configuration(agent_count=1, cluster_purpose="DevTest")
made = [ComputeTarget.create(ws, name, wanted) for name in ("cluster-one", "cluster-two")]
for one in made:
    one.wait_for_completion()
"""
    program(bank, code)
    line = "deploy named-aks --entry-script entry.py --target aks -o json"
    which, unknown, made, again, moved = bank.run(
        line,
        f"{line} --set deploy.cluster=nothing",
        f"{line} --set deploy.cluster=cluster-two",
        f"{line} --set deploy.cluster=cluster-two",
        f"{line} --set deploy.cluster=cluster-one",
    )
    assert (which.code, unknown.code) == (2, 4)
    assert "cluster-one, cluster-two" in which.json()["error"]["message"]
    assert "deploy.cluster" in which.json()["error"]["hint"]
    assert "cluster-one, cluster-two" in unknown.json()["error"]["message"]
    assert (made.json()["changed"], again.json()["changed"], moved.json()["changed"]) == (True, False, True)
    where = 'print(Webservice(ws, "named-aks").compute_name)'
    assert program(bank, f"from azureml.core.webservice import Webservice\n{where}") == "cluster-one"
    bank.json("endpoints delete named-aks --yes")


def test_what_azure_cannot_do_is_said(bank):
    (bank.project / "entry.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return 1\n")
    ours = "--set train.seed=7 --set train.iteration_timeout_minutes=1.6"
    settings = "--set deploy.port=8080 --workers 3 --set deploy.scoring_timeout_ms=5"
    trained, deployed, removed = bank.run(
        f"train {TRAIN} --no-wait --new {ours}",
        f"deploy on-aci --entry-script entry.py {settings}",
        "endpoints delete on-aci --yes",
    )
    assert (trained.code, deployed.code, removed.code) == (0, 0, 0)
    assert "train.seed is not passed on" in trained.stderr
    assert "a trial may take 2, not 1.6" in trained.stderr
    for key in ("deploy.port", "deploy.workers 3", "deploy.scoring_timeout_ms"):
        assert key in deployed.stderr
