"""Kubernetes manifests of an exported service: Deployment, Service, HorizontalPodAutoscaler, Secret template."""

from typing import Any

import yaml
from msgspec import Struct

from mlops_cli.engine.export.docker import PORT, USER

Manifest = dict[str, Any]
MOST_REPLICAS = 10
BUSY_PERCENT = 70
_SETTLE_SECONDS = 5
"""How long a pod that ends still answers, until nobody sends it anything."""


class Workload(Struct):
    """What runs. `seconds` is how long one request may take."""

    name: str
    image: str
    replicas: int
    cpu_cores: float
    memory_gb: float
    has_key: bool
    seconds: float


def manifests(workload: Workload) -> dict[str, str]:
    """YAML by file name."""
    documents = {
        "deployment.yaml": deployment(workload),
        "service.yaml": service(workload),
        "hpa.yaml": autoscaler(workload),
    }
    resources = list(documents)
    if workload.has_key:
        documents["secret.template.yaml"] = secret(workload)
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    documents["kustomization.yaml"] = {**kustomization, "resources": resources}
    return {name: yaml.safe_dump(document, sort_keys=False) for name, document in documents.items()}


def deployment(workload: Workload) -> Manifest:
    """Rolled over one pod at a time; a pod ends when it has answered all it was asked."""
    labels = {"app.kubernetes.io/name": workload.name}
    scraped = {
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/metrics",
        "prometheus.io/port": str(PORT),
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": int(workload.seconds) + _SETTLE_SECONDS + 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(workload)],
        "volumes": _volumes(workload),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": workload.name, "labels": labels},
        "spec": {
            "replicas": workload.replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels, "annotations": scraped}, "spec": pod},
        },
    }


def service(workload: Workload) -> Manifest:
    labels = {"app.kubernetes.io/name": workload.name}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": workload.name, "labels": labels},
        "spec": {
            "type": "ClusterIP",
            "selector": labels,
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def autoscaler(workload: Workload) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": BUSY_PERCENT}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": workload.name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name},
            "minReplicas": workload.replicas,
            "maxReplicas": max(MOST_REPLICAS, workload.replicas),
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def secret(workload: Workload) -> Manifest:
    """A template: empty keys, with which the service refuses to start."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _secret_name(workload)},
        "type": "Opaque",
        "stringData": {"primary": "", "secondary": ""},
    }


def _container(workload: Workload) -> Manifest:
    resources = {"cpu": _cpu(workload.cpu_cores), "memory": f"{round(workload.memory_gb * 1024)}Mi"}
    mounts = [{"name": "state", "mountPath": "/tmp"}]  # noqa: S108 a path inside the container
    container: Manifest = {
        "name": "scoring",
        "image": workload.image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["--workers", "1"],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {"requests": resources, "limits": {"memory": resources["memory"]}},
        "startupProbe": _probe(period=1, failures=120),
        "readinessProbe": _probe(period=5, failures=2),
        "livenessProbe": _probe(period=10, failures=6),
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(_SETTLE_SECONDS)]}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    if workload.has_key:
        mounts.append({"name": "keys", "mountPath": "/run/keys", "readOnly": True})  # type: ignore[dict-item]
        files = {"SCORING_PRIMARY_KEY_FILE": "primary", "SCORING_SECONDARY_KEY_FILE": "secondary"}
        container["env"] = [{"name": name, "value": f"/run/keys/{file}"} for name, file in files.items()]
    return container


def _volumes(workload: Workload) -> list[Manifest]:
    volumes: list[Manifest] = [{"name": "state", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}]
    if workload.has_key:
        keys = {"secretName": _secret_name(workload), "defaultMode": 0o440}
        volumes.append({"name": "keys", "secret": keys})
    return volumes


def _probe(*, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": "/", "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


def _secret_name(workload: Workload) -> str:
    return f"{workload.name}-keys"


def _cpu(cores: float) -> str:
    return f"{round(cores * 1000)}m"
