"""Azure's services, one package each: `routes.py` speaks HTTP, the modules beside it do not.

A new service is a package with a `Service` in its `routes.py`, added to `SERVICES`.
"""

from mlops_cli.emulator.azure.aad.routes import service as aad
from mlops_cli.emulator.azure.arm.routes import service as arm
from mlops_cli.emulator.azure.control.routes import service as control
from mlops_cli.emulator.azure.discovery.routes import service as discovery
from mlops_cli.emulator.azure.keyvault.routes import service as keyvault
from mlops_cli.emulator.azure.metadata.routes import endpoint as msi
from mlops_cli.emulator.azure.metadata.routes import service as metadata
from mlops_cli.emulator.azure.telemetry.routes import service as telemetry

SERVICES = (aad, metadata, msi, arm, discovery, keyvault, telemetry, control)
