"""What model management shows of a web service. Clients send nulls and leave things out: Azure fills them in."""

from __future__ import annotations

import hashlib
import uuid

import msgspec

from mlops_cli.emulator.azure.compute.computes import Computes
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

ACI, AKS, ENDPOINT = "ACI", "AKS", "AKSENDPOINT"
KINDS = (ACI, AKS, ENDPOINT)

_COMMON: Document = {
    "description": None, "kvTags": {}, "properties": {}, "appInsightsEnabled": False, "scoringUri": None,
    "swaggerUri": None, "error": None, "deploymentStatus": None, "imageId": None,
}  # fmt: skip
_ACI: Document = {
    **_COMMON, "authEnabled": False, "cname": None, "publicIp": None, "publicFqdn": None, "sslEnabled": False,
    "sslCertificate": None, "sslKey": None, "containerResourceRequirements": {"cpu": 0.1, "memoryInGB": 0.5},
    "dataCollection": None, "vnetConfiguration": None, "encryptionProperties": None,
}  # fmt: skip
_REPLICA: Document = {
    "numReplicas": 1, "scoringTimeoutMs": 60_000, "maxConcurrentRequestsPerContainer": 1, "maxQueueWaitMs": 500,
    "autoScaler": {"autoscaleEnabled": False, "minReplicas": 1, "maxReplicas": 10, "targetUtilization": 70,
                   "refreshPeriodInSeconds": 1},
    "dataCollection": {"eventHubEnabled": False, "storageEnabled": False},
    "containerResourceRequirements": {"cpu": 0.1, "cpuLimit": None, "memoryInGB": 0.5, "memoryInGBLimit": None,
                                      "gpu": None},
    "livenessProbeRequirements": {"periodSeconds": 10, "initialDelaySeconds": 310, "timeoutSeconds": 2,
                                  "successThreshold": 1, "failureThreshold": 3},
}  # fmt: skip
_AKS: Document = {
    **_COMMON, **_REPLICA, "authEnabled": True, "aadAuthEnabled": False, "namespace": "default",
    "isDefault": None, "trafficPercentile": None, "type": None,
}  # fmt: skip
_ENDPOINT: Document = {
    **_COMMON, "authEnabled": True, "aadAuthEnabled": False, "namespace": "default", "versions": {},
}  # fmt: skip
_DEFAULTS = {ACI: _ACI, AKS: _AKS, ENDPOINT: _ENDPOINT}
_OWN = ("keys", "overwrite")


def new(workspace: Workspace, posted: Document, user: Document, old: Document | None) -> Document:
    """The document of a service as it is asked for; one that replaces `old` keeps its age."""
    given = {key: value for key, value in posted.items() if key not in _OWN}
    document = filled(given, posted["computeType"])
    return {
        **document,
        "id": posted["name"],
        "state": "Transitioning",
        "createdTime": old["createdTime"] if old else now(),
        "updatedTime": now(),
        "createdBy": user,
        "location": posted.get("location") or workspace.location,
        "models": [],
    }


def filled(given: Document, kind: str) -> Document:
    """`given` with defaults for what is null or missing, at every level."""
    document = _merged(_DEFAULTS[kind], given)
    if kind == ENDPOINT:
        versions = {name: filled(version, AKS) for name, version in document["versions"].items()}
        document["versions"] = _traffic(versions)
    if kind == AKS and document["aadAuthEnabled"] and given.get("authEnabled") is None:
        document["authEnabled"] = False
    return document


def _merged(defaults: Document, given: Document) -> Document:
    merged = dict(defaults)
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(defaults.get(key), dict):
            merged[key] = _merged(defaults[key], value)
        elif value is not None or key not in defaults:
            merged[key] = value
    return merged


def _traffic(versions: Document) -> Document:
    """The first version is the default one, and gets what is not said of others."""
    if versions and not any(version["isDefault"] for version in versions.values()):
        next(iter(versions.values()))["isDefault"] = True
    for version in versions.values():
        version["isDefault"] = bool(version["isDefault"])
        version["computeType"] = AKS
        version["type"] = version["type"] or "Treatment"
    shared = sum(v["trafficPercentile"] or 0 for v in versions.values() if not v["isDefault"])
    for version in versions.values():
        if version["trafficPercentile"] is None:
            version["trafficPercentile"] = max(0, 100 - shared) if version["isDefault"] else 0
    return versions


def units(document: Document) -> dict[str, Document]:
    """What runs as a service of its own, by name: the versions of an endpoint, otherwise the service under ''."""
    if document["computeType"] != ENDPOINT:
        return {"": document}
    kept = ("authEnabled", "aadAuthEnabled", "appInsightsEnabled")
    return {name: version | {k: document[k] for k in kept} for name, version in document["versions"].items()}


def auth_of(unit: Document) -> str:
    if unit["authEnabled"]:
        return "key"
    return "token" if unit.get("aadAuthEnabled") else "none"


def fingerprint(unit: Document) -> str:
    """Of all that needs new processes once it is changed."""
    kept = (
        "environmentImageRequest",
        "numReplicas",
        "autoScaler",
        "scoringTimeoutMs",
        "containerResourceRequirements",
    )
    parts = [auth_of(unit), *(unit.get(key) for key in kept)]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def addresses(workspace: Workspace, document: Document) -> Document:
    """Where clients reach the service."""
    name, location = document["name"], document["location"]
    if document["computeType"] == ACI:
        label = document.get("dnsNameLabel") or str(uuid.uuid5(uuid.UUID(workspace.id), name))
        host = document.get("cname") or f"{label}.{location}.azurecontainer.io"
        base = f"https://{host}:443" if document["sslEnabled"] else f"http://{host}"
        public = {"publicIp": cluster_address(name), "publicFqdn": host}
    else:
        base = f"{_front(workspace, document.get('computeName') or '')}/api/v1/service/{name}"
        public = {}
    return {"scoringUri": f"{base}/score", "swaggerUri": f"{base}/swagger.json", **public}


def _front(workspace: Workspace, cluster: str) -> str:
    """What the addresses of all services of a cluster begin with: a name, once it has been given a label."""
    target = Computes(workspace, fast=True).get(cluster) or {"properties": {}}
    ssl = (target["properties"].get("properties") or {}).get("sslConfiguration") or {}
    if not (label := ssl.get("leafDomainLabel")):
        return f"http://{cluster_address(cluster)}:80"
    number = hashlib.sha256(cluster.lower().encode()).hexdigest()[:6]
    return f"https://{label.lower()}{number}.{workspace.location}.cloudapp.azure.com:443"


def cluster_address(name: str) -> str:
    """An address out of the range that RFC 5737 keeps for documentation: it is nobody's."""
    return f"203.0.113.{1 + hashlib.sha256(name.lower().encode()).digest()[0] % 254}"


def failure(kind: str, message: str) -> Document:
    """Why a deployment failed, as Azure puts it."""
    code = "AciDeploymentFailed" if kind == ACI else "KubernetesDeploymentFailed"
    hint = "please run print(service.get_logs()) to get details."
    details = [{"code": "CrashLoopBackOff", "message": f"Error in entry script, {message}, {hint}"}]
    whole = f"{code.removesuffix('DeploymentFailed')} Deployment failed with exception: {message}, {hint}"
    return {"code": code, "statusCode": 400, "message": whole, "details": details}
