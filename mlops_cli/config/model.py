"""The sections and keys of a profile: the one source of validation, `config explain` and the JSON Schema."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from mlops_cli.domain.endpoints import DeploySettings
from mlops_cli.domain.pipelines import PipelineSettings
from mlops_cli.domain.training import TRAIN_ALIASES, TrainSettings

AuthMethod = Literal["auto", "interactive", "service-principal", "managed-identity", "cli", "oidc", "token"]
ALIASES = {f"train.{short}": f"train.{full}" for short, full in TRAIN_ALIASES.items()}

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class Workspace(Struct, forbid_unknown_fields=True):
    """The Azure ML workspace, by its three names or by the file that holds them."""

    subscription_id: str | None = None
    resource_group: str | None = None
    name: str | None = None
    config_file: str | None = None


class AuthSettings(Struct, forbid_unknown_fields=True):
    """How to sign in to Azure. Secrets never stand here; they come from the environment."""

    method: AuthMethod = "auto"
    tenant_id: str | None = None
    client_id: str | None = None
    certificate_path: str | None = None


class DataSettings(Struct, forbid_unknown_fields=True):
    """The data to register and to train on."""

    name: str | None = None
    path: str | None = None
    label: str | None = None
    format: Literal["csv", "parquet"] | None = None
    delimiter: str | None = None
    encoding: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class ComputeSettings(Struct, forbid_unknown_fields=True):
    """The compute target that trains on Azure; the local backend needs none."""

    name: str | None = None
    vm_size: str = "Standard_DS12_v2"
    min_nodes: NotNegative = 0
    max_nodes: Positive = 6
    idle_seconds_before_scaledown: NotNegative = 1800
    priority: Literal["dedicated", "lowpriority"] = "dedicated"


class ModelSettings(Struct, forbid_unknown_fields=True):
    """How the best model is registered."""

    name: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class BenchSettings(Struct, forbid_unknown_fields=True):
    """The load test, and the gates that it has to pass."""

    requests: Positive = 1000
    concurrency: Positive = 4
    warmup_requests: NotNegative = 50
    gates: list[str] = field(default_factory=list)


class Profile(Struct, forbid_unknown_fields=True):
    """One YAML file that says where the work runs and what it works on."""

    extends: str | None = None
    backend: Literal["local", "azureml"] = "local"
    experiment: str | None = None
    workspace: Workspace = field(default_factory=Workspace)
    auth: AuthSettings = field(default_factory=AuthSettings)
    data: DataSettings = field(default_factory=DataSettings)
    compute: ComputeSettings = field(default_factory=ComputeSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    deploy: DeploySettings = field(default_factory=DeploySettings)
    bench: BenchSettings = field(default_factory=BenchSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)

    def experiment_name(self) -> str | None:
        return self.experiment or self.data.name

    def model_name(self) -> str | None:
        return self.model.name or self.data.name

    def label(self) -> str | None:
        return self.train.label or self.data.label
