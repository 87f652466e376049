"""Kubernetes manifests, compose file and Dockerfile, checked as `kubeconform -strict` would."""

import logging
from typing import Any

import pytest
import yaml

from mlops_cli.engine.export import docker, kubernetes
from mlops_cli.engine.export.kubernetes import Workload

WITH_KEY = Workload("bank", "bank:abc", 2, 0.5, 1.5, True, 60.0)
OPEN = Workload("bank", "bank:abc", 12, 2, 4, False, 1.5)
VERSION = "1.30"


def parsed(workload: Workload) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in kubernetes.manifests(workload).items()}


@pytest.mark.parametrize("workload", [WITH_KEY, OPEN], ids=["key", "open"])
def test_manifests_pass_the_schemas_of_kubernetes(workload: Workload) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    logging.getLogger("kubernetes_validate").setLevel(logging.ERROR)
    for name, manifest in parsed(workload).items():
        if name != "kustomization.yaml":
            assert validate.validate(manifest, VERSION, strict=True), name
    broken = parsed(workload)["deployment.yaml"]
    broken["spec"]["template"]["spec"]["containers"][0]["readinessProbes"] = {}
    with pytest.raises(validate.ValidationError):
        validate.validate(broken, VERSION, strict=True)


def test_names_labels_and_ports_agree() -> None:
    found = parsed(WITH_KEY)
    spec = found["deployment.yaml"]["spec"]
    pod = spec["template"]
    assert (
        spec["selector"]["matchLabels"]
        == pod["metadata"]["labels"]
        == found["service.yaml"]["spec"]["selector"]
    )
    container = pod["spec"]["containers"][0]
    names = {port["name"] for port in container["ports"]}
    assert found["service.yaml"]["spec"]["ports"][0]["targetPort"] in names
    assert {
        container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")
    } == names
    assert found["hpa.yaml"]["spec"]["scaleTargetRef"]["name"] == found["deployment.yaml"]["metadata"]["name"]
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    keys = next(volume["secret"] for volume in pod["spec"]["volumes"] if "secret" in volume)
    assert keys["secretName"] == found["secret.template.yaml"]["metadata"]["name"]
    assert set(found["secret.template.yaml"]["stringData"]) == {
        variable["value"].rpartition("/")[2] for variable in container["env"]
    }


def test_a_pod_has_time_for_what_it_was_asked() -> None:
    pod = parsed(WITH_KEY)["deployment.yaml"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > WITH_KEY.seconds + 5
    assert pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]


def test_resources_and_replicas_are_those_asked_for() -> None:
    found = parsed(WITH_KEY)
    container = found["deployment.yaml"]["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "1536Mi"},
        "limits": {"memory": "1536Mi"},
    }
    scaled = parsed(OPEN)["hpa.yaml"]["spec"]
    assert (scaled["minReplicas"], scaled["maxReplicas"]) == (12, 12)


def test_an_open_service_has_no_secret() -> None:
    found = parsed(OPEN)
    assert "secret.template.yaml" not in found
    assert "env" not in found["deployment.yaml"]["spec"]["template"]["spec"]["containers"][0]
    assert "secret.template.yaml" not in parsed(WITH_KEY)["kustomization.yaml"]["resources"]


def test_compose_binds_this_machine_only_and_takes_the_key_from_the_environment() -> None:
    found = yaml.safe_load(docker.compose("bank", "bank:abc", has_key=True, cpu_cores=0.5, memory_gb=1))
    service = found["services"]["bank"]
    assert service["ports"] == ["127.0.0.1:5001:5001"]
    assert found["secrets"][service["secrets"][0]] == {"environment": "SCORING_PRIMARY_KEY"}
    assert service["environment"]["SCORING_PRIMARY_KEY_FILE"] == f"/run/secrets/{service['secrets'][0]}"
    opened = yaml.safe_load(docker.compose("bank", "bank:abc", has_key=False, cpu_cores=1, memory_gb=1))
    assert "secrets" not in opened


def test_the_dockerfile_drops_root_and_adds_openmp_only_for_lightgbm() -> None:
    plain = docker.dockerfile(["numpy==2.0"], 3)
    assert "libgomp1" not in plain
    assert "libgomp1" in docker.dockerfile(["lightgbm==4.7.0"], 1)
    packages, service = plain.split("\n\n")
    assert packages.startswith("FROM python:")
    assert "pip" not in service
    steps = [line.split()[0] for line in service.splitlines() if line and line[0].isupper()]
    assert (steps[0], steps[-1]) == ("FROM", "CMD")
    assert service.count("COPY --from=packages /venv /venv\n") == 1
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    assert {"EXPOSE", "HEALTHCHECK"} < set(steps)
    assert plain.endswith('CMD ["--workers", "3"]\n')
