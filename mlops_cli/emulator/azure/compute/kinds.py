"""What tells the kinds of compute targets apart, and the sizes of machines there are."""

from __future__ import annotations

import re

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

_COUNTS = ("preparing", "running", "idle", "unusable", "leaving", "preempted")
_SIZES = (
    ("Standard_DS1_v2", 1, 3.5, 0), ("Standard_DS2_v2", 2, 7, 0), ("Standard_DS3_v2", 4, 14, 0),
    ("Standard_DS4_v2", 8, 28, 0), ("Standard_DS11_v2", 2, 14, 0), ("Standard_DS12_v2", 4, 28, 0),
    ("Standard_D1_v2", 1, 3.5, 0), ("Standard_D2_v2", 2, 7, 0), ("Standard_D3_v2", 4, 14, 0),
    ("Standard_D4_v2", 8, 28, 0), ("Standard_D12_v2", 4, 28, 0), ("Standard_D2s_v3", 2, 8, 0),
    ("Standard_F4s_v2", 4, 8, 0), ("Standard_E4s_v3", 4, 32, 0), ("Standard_NC6", 6, 56, 1),
    ("Standard_NC6s_v3", 6, 112, 1),
)  # fmt: skip


def details(kind: str, name: str, posted: Document) -> Document:
    """The inner properties of a new target. Raises ApiError 400 for a size that is none."""
    given = {k: v for k, v in posted.items() if v is not None}
    for key in ("vmSize", "agentVmSize"):
        if key in given and not re.fullmatch(r"(standard|basic)_\w+", given[key], re.I):
            raise bad_request(f"The requested VM size {given[key]} is not available.", "InvalidVmSize")
    match kind:
        case "AmlCompute":
            return _cluster(given)
        case "AKS":
            return _kubernetes(name, given)
        case "ComputeInstance":
            return _instance(name, given)
        case _:
            return given


def _cluster(given: Document) -> Document:
    scale: Document = {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"}
    scale |= {k: v for k, v in (given.get("scaleSettings") or {}).items() if v is not None}
    if scale["minNodeCount"] > scale["maxNodeCount"]:
        raise bad_request("The minimum node count is greater than the maximum.", "InvalidScaleSettings")
    return {
        "vmPriority": "Dedicated",
        "subnet": None,
        "remoteLoginPortPublicAccess": "NotSpecified",
        "allocationState": "Steady",
        "allocationStateTransitionTime": now(),
        "errors": None,
        **given,
        "scaleSettings": scale,
        **nodes(scale["minNodeCount"]),
    }


def nodes(count: int) -> Document:
    """A cluster of `count` idle nodes."""
    return {
        "currentNodeCount": count,
        "targetNodeCount": count,
        "nodeStateCounts": {f"{c}NodeCount": count if c == "idle" else 0 for c in _COUNTS},
    }


def resized(inner: Document, posted: Document) -> Document:
    """The inner properties after a change: a cluster has as many nodes as it has at least.

    Raises ApiError 400 where that is more than it has at most.
    """
    changed = inner | posted
    scale = (inner.get("scaleSettings") or {}) | (posted.get("scaleSettings") or {})
    if scale and scale["minNodeCount"] > scale["maxNodeCount"]:
        raise bad_request("minNodeCount must not be greater than maxNodeCount.", "InvalidScaleSettings")
    return changed | {"scaleSettings": scale, **nodes(scale["minNodeCount"])} if scale else changed


def credentials(kind: str | None, inner: Document) -> Document:
    """What `listKeys` gives away: as it was told when the target was attached."""
    match kind:
        case "AKS":
            return {
                "computeType": "AKS", "userKubeConfig": "", "adminKubeConfig": "", "imagePullSecretName": "",
            }  # fmt: skip
        case "Databricks":
            return {"computeType": kind, "databricksAccessToken": inner.get("databricksAccessToken")}
        case _:
            account = inner.get("administratorAccount") or {}
            return {"computeType": kind, **account}


def _kubernetes(name: str, given: Document) -> Document:
    return {
        "agentVmSize": "Standard_D3_v2",
        "agentCount": 3,
        "clusterPurpose": "FastProd",
        "clusterFqdn": f"{name.lower()}.emulator.azmk8s.io",
        "systemServices": [
            {"systemServiceType": "AmlFrontEnd", "version": "1.0", "publicIpAddress": "127.0.0.1"}
        ],
        "sslConfiguration": {"status": "Disabled"},
        "loadBalancerType": "PublicIp",
        "loadBalancerSubnet": None,
        **given,
    }


def _instance(name: str, given: Document) -> Document:
    return {
        "vmSize": "Standard_DS3_v2",
        "subnet": None,
        "sshSettings": {"sshPublicAccess": "Disabled"},
        "createdBy": {"userName": "Emulated User", "userId": "emulated-user"},
        "applications": [{"displayName": "Jupyter", "endpointUri": f"https://{name}.instances.azureml.ms"}],
        "errors": [],
        **given,
        "state": "Running",
        "lastOperation": {"operationName": "Create", "operationTime": now(), "operationStatus": "Succeeded"},
    }


def sizes() -> list[Document]:
    """Machine sizes as `vmSizes` lists them."""
    return [
        {"name": name, "family": f"{name.lower()}Family", "vCPUs": cpus, "gpus": gpus, "memoryGB": memory,
         "osVhdSizeMB": 1047552, "maxResourceVolumeMB": 28672, "lowPriorityCapable": True, "premiumIO": True}
        for name, cpus, memory, gpus in _SIZES
    ]  # fmt: skip
