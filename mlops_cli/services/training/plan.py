"""From a profile to what is asked of a backend's trainer."""

from difflib import get_close_matches

from msgspec import structs

from mlops_cli.backends.base import DataBackend
from mlops_cli.config import LoadedProfile
from mlops_cli.config.model import DataSettings, Profile
from mlops_cli.domain.data import Dataset, versioned
from mlops_cli.domain.training import TrainRequest
from mlops_cli.errors import ConfigError, UsageError
from mlops_cli.services import data as data_service


def plan(
    config: LoadedProfile, data: DataBackend, dataset: str | None = None, *, dry_run: bool = False
) -> tuple[TrainRequest, str]:
    """The request to train, and one line that says on what.

    The profile's file is registered first, which does nothing when that content is registered already; with
    `dataset` (NAME or NAME:VERSION) a registered one is taken as it is.
    """
    profile = config.require("data", "train", "experiment", "model")
    chosen, note = _dataset(config, data, dataset or _only_a_name(profile.data), dry_run)
    label = _label(profile.label() or chosen.profile.label, chosen)
    request = TrainRequest(
        chosen.name,
        chosen.version,
        profile.experiment_name() or chosen.name,
        structs.replace(profile.train, label=label, validation_data=_validation(profile, data, label)),
        model_name=profile.model_name() or chosen.name,
        model_tags=profile.model.tags,
    )
    return request, f"{note}; {request.settings.task} of '{label}' by {request.settings.metric()}"


def _only_a_name(section: DataSettings) -> str | None:
    """The dataset of a profile that names one and gives no file."""
    return section.name if section.path is None else None


def _dataset(
    config: LoadedProfile, data: DataBackend, wanted: str | None, dry_run: bool
) -> tuple[Dataset, str]:
    if wanted:
        found, state = data.get(*versioned(wanted)), "as registered"
    else:
        found, new = data_service.register(data, data_service.plan(config, config.root), dry_run=dry_run)
        state = "registered" if new else "unchanged"
    return found, f"data {found.name}:{found.version} ({found.profile.rows:,} rows, {state})"


def _validation(profile: Profile, data: DataBackend, label: str) -> str | None:
    """The dataset whose rows judge, with its version."""
    if profile.train.validation_data is None:
        return None
    found = data.get(*versioned(profile.train.validation_data))
    _label(label, found)
    return f"{found.name}:{found.version}"


def _label(label: str | None, dataset: Dataset) -> str:
    """The column to predict, if the data has it."""
    names = [column.name for column in dataset.profile.columns]
    if label is None:
        raise ConfigError("nothing says which column to predict", hint="set data.label in the profile")
    if label not in names:
        near = get_close_matches(label, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"its columns: {', '.join(names[:20])}"
        raise UsageError(f"{dataset.name}:{dataset.version} has no column '{label}' to predict", hint=hint)
    return label
