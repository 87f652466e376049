"""Model explanations in the layout that ExplanationClient of azureml-interpret reads (version 8).

A child run has `explanation/ID/NAME.interpret.json`, ID cut to eight characters, where long rows are cut into
blocks `NAME/0`, `NAME/1`, ...; an asset of type azureml.explanation says what is there.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.emulator.state import Document

if TYPE_CHECKING:
    import numpy as np

    from mlops_cli.engine.model.explain import Contributions

ASSET_NAME, ASSET_TYPE = "explanation_asset", "azureml.explanation"
SECONDS = 4.0
_BLOCK, _MOST_BLOCKS = 100, 3


def write(model: Any, run_id: str, folder: Path) -> list[Document]:
    """Write the explanations of engineered features and of raw columns below `folder`; their assets."""
    from mlops_cli.engine.model.explain import contributions

    return [
        _Writer(run_id, folder, contributions(model, engineered=kind, seconds=SECONDS), model).asset(kind)
        for kind in (True, False)
    ]


class _Writer:
    """Writes one explanation; `metadata` and `artifacts` grow with every file."""

    def __init__(self, run_id: str, folder: Path, found: Contributions, model: Any) -> None:
        self.id = str(uuid.uuid4())
        self.place = f"explanation/{self.id[:8]}"
        self.found = found
        self.classes: list[Any] | None = model.schema.classes
        self._run_id, self._folder = run_id, folder
        self.metadata: Document = {}
        self.artifacts: list[Document] = []
        self._write_all()

    def _write_all(self) -> None:
        names, values, base = self.found
        outputs = _by_output(values)
        self._one("features", names)
        self._one("local_importance_values", (outputs if self.classes else outputs[0]).tolist())
        self._one("expected_values", base.tolist() if self.classes else [float(base[0])])
        by_class = abs(outputs).mean(axis=1)
        self._ranked("global", by_class.mean(axis=0))
        if self.classes:
            self._ranked("per_class", by_class)
            self._one("classes", self.classes, num_classes=len(self.classes))
        self._one("visualization_dict", self._shown())
        self.metadata["visualization_dict"] = self._address("visualization_dict")
        self._json("rich_metadata", self.metadata)

    def _ranked(self, kind: str, importances: np.ndarray) -> None:
        """Largest first: the places of the features, their names and their importances."""
        import numpy as np

        order = np.argsort(-importances, axis=-1, kind="stable")
        self._blocks(f"{kind}_rank", order)
        self._blocks(f"{kind}_values", np.take_along_axis(importances, order, axis=-1))
        self._blocks(f"{kind}_names", np.array(self.found.names, dtype=object)[order])

    def _blocks(self, name: str, rows: np.ndarray) -> None:
        width = rows.shape[-1]
        count = min(-(-width // _BLOCK), _MOST_BLOCKS)
        for block in range(count):
            end = width if block == count - 1 else (block + 1) * _BLOCK
            self._json(f"{name}/{block}", rows[..., block * _BLOCK : end].tolist())
        self.metadata[name] = {
            "name": name,
            "max_num_blocks": _MOST_BLOCKS,
            "block_size": _BLOCK,
            "num_features": width,
            "num_blocks": count,
        }

    def _one(self, name: str, value: Any, **more: int) -> None:
        self._json(name, value)
        self.metadata[name] = {"name": name, **more}

    def _json(self, name: str, value: Any) -> None:
        path = self._folder / self.place / f"{name}.interpret.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(value))
        self.artifacts.append({"prefix": self._address(name)})

    def _address(self, name: str) -> str:
        return f"ExperimentRun/dcid.{self._run_id}/{self.place}/{name}"

    def _shown(self) -> Document:
        """Which files the studio draws."""
        shown = {
            "dataSummary.featureNames": self._address("features"),
            "precomputedExplanations.localFeatureImportance.scores": self._address("local_importance_values"),
            "precomputedExplanations.localFeatureImportance.intercept": self._address("expected_values"),
        }
        return shown | ({"dataSummary.classNames": self._address("classes")} if self.classes else {})

    def asset(self, engineered: bool) -> Document:
        """Properties are text, as in all assets."""
        task = "classification" if self.classes else "regression"
        properties = {
            "type": "explanation", "model_type": task, "model_task": task, "data_type": "tabular",
            "explain_type": "shap", "method": "shap", "model_class": "FittedPipeline",
            "is_raw": str(not engineered), "is_engineered": str(engineered),
            "metadata_artifact_path": self._address("rich_metadata"),
            "version": "azureml.v8.model.explanation", "explanation_id": self.id,
            "comment": f"AutoML {'engineered' if engineered else 'raw'} features",
            "global": "True", "local": "True", "num_classes": str(len(self.classes or [0])),
            "num_examples": str(len(self.found.values)), "num_features": str(len(self.found.names)),
        }  # fmt: skip
        return {"name": ASSET_NAME, "type": ASSET_TYPE, "runid": self._run_id, "meta": {}, "kvTags": {},
                "artifacts": self.artifacts, "properties": properties}  # fmt: skip


def _by_output(values: np.ndarray) -> np.ndarray:
    """(k, n, features) from (n, features, k)."""
    turned: np.ndarray = values.transpose(2, 0, 1)
    return turned
