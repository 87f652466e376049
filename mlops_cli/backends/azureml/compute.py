"""The cluster that trains: made when it is missing, and left as it is when it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_cli.backends.azureml.session import Session
from mlops_cli.config.model import ComputeSettings
from mlops_cli.errors import ConfigError, WorkFailedError

if TYPE_CHECKING:
    from azureml.core.compute import AmlCompute, ComputeTarget

FAILED = "Failed"


def ensure(session: Session) -> ComputeTarget:
    """The profile's compute target. Raises ConfigError without a name, WorkFailedError when Azure cannot make it."""
    from azureml.core.compute import ComputeTarget

    settings = session.config.require("compute").compute
    if settings.name is None:
        raise ConfigError("nothing says which compute trains", hint="set compute.name in the profile")
    name = settings.name
    found = session.find(lambda: ComputeTarget(session.workspace, name))
    if found is None:
        return _create(session, name, settings)
    for difference in _differences(found, settings):
        session.say(f"compute {name} has {difference}; it is left as it is")
    return found


def _create(session: Session, name: str, settings: ComputeSettings) -> ComputeTarget:
    from azureml.core.compute import AmlCompute, ComputeTarget

    session.say(f"creating compute {name}: {settings.vm_size}, up to {settings.max_nodes} nodes")
    wanted = AmlCompute.provisioning_configuration(
        vm_size=settings.vm_size,
        vm_priority=settings.priority,
        min_nodes=settings.min_nodes,
        max_nodes=settings.max_nodes,
        idle_seconds_before_scaledown=settings.idle_seconds_before_scaledown,
    )
    made = ComputeTarget.create(session.workspace, name, wanted)
    made.wait_for_completion(show_output=False)
    if made.provisioning_state == FAILED:
        raise _not_made(name, made)
    return made


def _not_made(name: str, made: AmlCompute) -> WorkFailedError:
    errors = made.provisioning_errors or []
    reasons = [str(_field(error, "message") or error) for error in errors]
    hint = "choose another compute.vm_size or fewer nodes, or ask for quota in the Azure portal"
    return WorkFailedError(f"Azure could not make compute {name}", hint=hint, details=reasons)


def _field(error: object, name: str) -> object:
    inner = error.get("error", error) if isinstance(error, dict) else error
    return inner.get(name) if isinstance(inner, dict) else getattr(inner, name, None)


def _differences(found: ComputeTarget, settings: ComputeSettings) -> list[str]:
    """Where the cluster is other than the profile says; nothing for targets that are no cluster."""
    scale = getattr(found, "scale_settings", None)
    if scale is None:
        return []
    pairs = {
        "vm_size": (found.vm_size, settings.vm_size),
        "min_nodes": (scale.minimum_node_count, settings.min_nodes),
        "max_nodes": (scale.maximum_node_count, settings.max_nodes),
    }
    return [
        f"{key} {have}, the profile says {want}"
        for key, (have, want) in pairs.items()
        if str(have).lower() != str(want).lower()
    ]
