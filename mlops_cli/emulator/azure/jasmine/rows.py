"""The rows of a table's definition: by Azure's own reader where it is installed, otherwise by pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml

from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Definition = dict[str, Any]


def read(definition: Definition) -> pd.DataFrame:
    """Read and transform as `definition` says. Raises DataError.

    Azure's reader is the one that clients use: a random split then gives the same rows here and there.
    """
    try:
        from azureml.dataprep.api.engineless_dataflow import EnginelessDataflow
        from azureml.dataprep.rslex import PyRsDataflow
    except ImportError:
        return read_with_pandas(definition)
    try:
        frame: pd.DataFrame = EnginelessDataflow(
            PyRsDataflow(yaml.safe_dump(definition))
        ).to_pandas_dataframe()
    except Exception as error:
        raise DataError(f"the dataset cannot be read: {error}") from error
    return frame


def read_with_pandas(definition: Definition) -> pd.DataFrame:
    """The same for definitions that read files whole and choose columns. Raises DataError for others."""
    import pandas as pd

    frame = pd.DataFrame()
    for step in definition.get("transformations") or []:
        (name, options) = next(iter(step.items())) if isinstance(step, dict) else (step, {})
        if name in _READERS:
            parts = [_READERS[name](p["file"].removeprefix("file://"), options) for p in definition["paths"]]
            frame = pd.concat(parts, ignore_index=True)
        elif name in _STEPS:
            frame = _STEPS[name](frame, options)
        else:
            hint = "install azureml-dataprep beside mlops: pip install 'mlops-cli[azure,emulator]'"
            raise DataError(
                f"the emulator cannot apply '{name}' to a table without Azure's reader", hint=hint
            )
    return frame


def _delimited(path: str, options: Definition) -> pd.DataFrame:
    import pandas as pd

    header = None if options.get("header") in ("no_header", False) else 0
    encoding = {"utf8": "utf-8-sig", "iso88591": "latin-1"}.get(options.get("encoding", "utf8"), "utf-8-sig")
    try:
        frame = pd.read_csv(path, sep=options.get("delimiter") or ",", header=header, encoding=encoding)
    except (ValueError, OSError) as error:
        raise DataError(f"the dataset cannot be read: {error}") from error
    if header is None:
        frame.columns = [f"Column{number}" for number in range(1, frame.shape[1] + 1)]
    return frame


def _parquet(path: str, _: Definition) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)


def _names(options: Any) -> list[str]:
    columns = options.get("columns") if isinstance(options, dict) else options
    return [columns] if isinstance(columns, str) else list(columns or [])


def _converted(frame: pd.DataFrame, options: list[Definition]) -> pd.DataFrame:
    import pandas as pd

    for one in options:
        kind = one["column_type"]
        kind = next(iter(kind)) if isinstance(kind, dict) else kind
        for name in (n for n in _names(one) if n in frame):
            if kind in ("int", "float"):
                frame[name] = pd.to_numeric(frame[name], errors="coerce")
            elif kind == "datetime":
                frame[name] = pd.to_datetime(frame[name], errors="coerce")
            elif kind == "string":
                frame[name] = frame[name].where(frame[name].isna(), frame[name].astype(str))
    return frame


_READERS: dict[str, Callable[[str, Any], pd.DataFrame]] = {
    "read_delimited": _delimited,
    "read_parquet": _parquet,
}
_STEPS: dict[str, Callable[[pd.DataFrame, Any], pd.DataFrame]] = {
    "convert_column_types": _converted,
    "drop_columns": lambda frame, options: frame.drop(columns=_names(options), errors="ignore"),
    "keep_columns": lambda frame, options: frame[_names(options)],
    "take": lambda frame, options: frame.head(int(options)),
    "skip": lambda frame, options: frame.iloc[int(options) :],
}
