"""Azure's services, one package each: `routes.py` speaks HTTP, the modules beside it do not.

A new service is a package with a `Service` in its `routes.py`, added to `SERVICES`.
"""

from mlops_cli.emulator.azure.aad.routes import service as aad
from mlops_cli.emulator.azure.arm.linked_services import service as arm
from mlops_cli.emulator.azure.artifact.routes import service as artifact
from mlops_cli.emulator.azure.blob.container_routes import service as blob
from mlops_cli.emulator.azure.compute.routes import reader as compute_reader
from mlops_cli.emulator.azure.compute.routes import writer as compute_writer
from mlops_cli.emulator.azure.content.routes import service as content
from mlops_cli.emulator.azure.control.routes import service as control
from mlops_cli.emulator.azure.dataset.profile_routes import service as dataset
from mlops_cli.emulator.azure.datastore.routes import service as datastore
from mlops_cli.emulator.azure.discovery.routes import service as discovery
from mlops_cli.emulator.azure.environment.routes import service as environment
from mlops_cli.emulator.azure.execution.routes import service as execution
from mlops_cli.emulator.azure.history.routes import service as history
from mlops_cli.emulator.azure.hyperdrive.routes import service as hyperdrive
from mlops_cli.emulator.azure.insights.routes import component as insights
from mlops_cli.emulator.azure.insights.routes import service as insights_api
from mlops_cli.emulator.azure.jasmine.routes import service as jasmine
from mlops_cli.emulator.azure.keyvault.routes import service as keyvault
from mlops_cli.emulator.azure.lake.routes import service as lake
from mlops_cli.emulator.azure.metadata.routes import endpoint as msi
from mlops_cli.emulator.azure.metadata.routes import service as metadata
from mlops_cli.emulator.azure.metric.routes import service as metric
from mlops_cli.emulator.azure.model.image_routes import service as model
from mlops_cli.emulator.azure.package.routes import service as package
from mlops_cli.emulator.azure.pipeline.services import service as pipeline
from mlops_cli.emulator.azure.profile.routes import service as profile
from mlops_cli.emulator.azure.scoring.routes import aci as scoring_aci
from mlops_cli.emulator.azure.scoring.routes import aks as scoring_aks
from mlops_cli.emulator.azure.service.routes import service
from mlops_cli.emulator.azure.share.routes import service as share
from mlops_cli.emulator.azure.telemetry.routes import service as telemetry

SERVICES = (
    aad, metadata, msi, arm, compute_writer, discovery, keyvault, datastore, blob, share, lake,
    dataset, compute_reader, environment, artifact, model, package, profile, service, scoring_aci, scoring_aks,
    history, metric, content, execution, hyperdrive, jasmine, pipeline, insights, insights_api, telemetry, control,
)  # fmt: skip
