"""Compute targets."""

from azureml.core import LinkedService, SynapseWorkspaceLinkedServiceConfiguration, Workspace
from azureml.core.compute import (
    AksCompute,
    AmlCompute,
    ComputeInstance,
    ComputeTarget,
    DatabricksCompute,
    RemoteCompute,
)
from outcome import note, refused

ws = Workspace.from_config()
note(missing=refused(lambda: ComputeTarget(ws, "cpu-cluster")))
size = {"vm_size": "STANDARD_DS12_V2", "min_nodes": 1, "max_nodes": 4, "idle_seconds_before_scaledown": 2400}
cluster = ComputeTarget.create(ws, "cpu-cluster", AmlCompute.provisioning_configuration(**size))
cluster.wait_for_completion(show_output=True, min_node_count=1, timeout_in_minutes=5)
status = cluster.get_status().serialize()
note(nodes=status["currentNodeCount"], state=status["provisioningState"], scale=status["scaleSettings"])
note(found=ComputeTarget(ws, "CPU-cluster").type, listed=sorted(ws.compute_targets))
note(out_of_scale=refused(lambda: cluster.update(min_nodes=5)))
cluster.update(min_nodes=2, max_nodes=8)
cluster.wait_for_completion()
cluster.refresh_state()
note(grown=[cluster.status.current_node_count, cluster.scale_settings.minimum_node_count])
note(max_nodes=cluster.scale_settings.maximum_node_count, node_list=len(cluster.list_nodes()))
note(sizes="Standard_DS12_v2" in [s["name"] for s in AmlCompute.supported_vmsizes(ws)])
cluster.add_identity("SystemAssigned")
identities = [cluster.identity_type]
cluster.remove_identity()
note(identities=[*identities, ComputeTarget(ws, "cpu-cluster").identity_type])
note(active_runs=list(cluster.get_active_runs()))
wrong = AmlCompute.provisioning_configuration(vm_size="nonsense", max_nodes=1)
note(bad_size=refused(lambda: ComputeTarget.create(ws, "wrong", wrong)))
note(
    bad_name=refused(
        lambda: ComputeTarget.create(
            ws, "a", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
        )
    )
)

aks = ComputeTarget.create(ws, "aks-made", AksCompute.provisioning_configuration())
aks.wait_for_completion(show_output=True)
note(aks=[aks.provisioning_state, aks.agent_count], credentials=sorted(aks.get_credentials()))
attach = AksCompute.attach_configuration(resource_group="rg", cluster_name="cluster")
attached = ComputeTarget.attach(ws, "aks-attached", attach)
attached.wait_for_completion()
note(attached=attached.provisioning_state, resource=attached.cluster_resource_id)
attached.detach()

box = ComputeTarget.create(
    ws, "ci-box", ComputeInstance.provisioning_configuration(vm_size="STANDARD_DS3_V2")
)
note(
    name_taken=refused(
        lambda: ComputeTarget.create(
            ws, "ci-box", ComputeInstance.provisioning_configuration(vm_size="STANDARD_DS3_V2")
        )
    )
)
box.stop()
box.refresh_state()
note(stopped=box.get_status().state)
box.start()
box.restart()
box.refresh_state()
note(running=box.get_status().state)

cluster.delete()
note(after_delete=refused(cluster.wait_for_completion), left=sorted(ws.compute_targets))
vm = RemoteCompute.attach_configuration(
    resource_id="/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/vm",
    username="me", password="secret", ssh_port=22,
)  # fmt: skip
bricks = DatabricksCompute.attach_configuration(resource_group="r", workspace_name="w", access_token="token")
kept = {name: ComputeTarget.attach(ws, name, how) for name, how in (("a-vm", vm), ("bricks", bricks))}
for one in kept.values():
    one.wait_for_completion()
note(credentials_of={name: one.get_credentials() for name, one in kept.items()})

synapse = SynapseWorkspaceLinkedServiceConfiguration("s", "r", "spark-ws")
linked = LinkedService.register(ws, "spark-link", synapse)
same = LinkedService.get(ws, "spark-link").linked_service_resource_id == linked.linked_service_resource_id
note(linked=[[one.name for one in LinkedService.list(ws)], same])
linked.unregister()
note(unlinked=[len(LinkedService.list(ws)), refused(lambda: LinkedService.get(ws, "spark-link"))])
