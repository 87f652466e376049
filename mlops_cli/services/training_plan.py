"""From a profile to what is asked of a backend's trainer."""

from mlops_cli.backends.base import DataBackend
from mlops_cli.config import LoadedProfile
from mlops_cli.domain.data import Dataset
from mlops_cli.domain.training import PRIMARY_METRICS, TrainRequest
from mlops_cli.errors import ConfigError, NotFoundError, UsageError


def plan(
    config: LoadedProfile, data: DataBackend, dataset: str | None = None, *, register: bool = True
) -> tuple[TrainRequest, str]:
    """The request to train, and one line that says on what.

    The profile's file is registered first, which does nothing when that content is registered already; with
    `dataset` (NAME or NAME:VERSION) a registered one is taken as it is.
    """
    profile = config.profile
    chosen, note = _dataset(config, data, dataset, register)
    settings = profile.train
    settings.label = profile.label() or chosen.profile.label
    if settings.label is None:
        raise ConfigError("nothing says which column to predict", hint="set data.label in the profile")
    _check_metric(settings.task, settings.metric())
    experiment = profile.experiment_name() or chosen.name
    model_name = profile.model_name() or chosen.name
    request = TrainRequest(
        chosen.name,
        chosen.version,
        experiment,
        settings,
        model_name=model_name,
        model_tags=profile.model.tags,
    )
    return request, f"{note}; {settings.task} of '{settings.label}' by {settings.metric()}"


def _dataset(
    config: LoadedProfile, data: DataBackend, wanted: str | None, register: bool
) -> tuple[Dataset, str]:
    section = config.profile.data
    if wanted:
        name, _, version = wanted.partition(":")
        found = data.get(name, int(version) if version else None)
        return found, f"data {found.name}:{found.version} ({found.profile.rows:,} rows)"
    if not section.path:
        if not section.name:
            raise ConfigError("the profile names no data", hint="set data.path, or use --data NAME")
        return _dataset(config, data, section.name, register)
    path = config.root / section.path
    if not path.exists():
        raise NotFoundError(f"there is no data file {path}", hint="correct data.path in the profile")
    name = section.name or path.stem
    if not register:
        return data.get(name), f"data {name} as registered last"
    found, new = data.register(path, name, label=section.label, tags=section.tags)
    state = "registered" if new else "unchanged"
    return found, f"data {found.name}:{found.version} ({found.profile.rows:,} rows, {state})"


def _check_metric(task: str, metric: str) -> None:
    if metric not in PRIMARY_METRICS[task]:
        allowed = ", ".join(PRIMARY_METRICS[task])
        raise UsageError(f"primary_metric '{metric}' does not fit task '{task}'; it may be: {allowed}")
