"""From a run configuration to what is to be done: arguments, environment, inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_cli.emulator.state import Document


class Plan:
    """The work of one run, with paths below `folder`. `document` is what `run_script.py` reads."""

    def __init__(self, configuration: Document, run_id: str, folder: Path) -> None:
        self._folder = folder
        self.environment: dict[str, str] = {}
        self._places: dict[str, str] = {}
        inputs = [*self._datasets(configuration), *self._references(configuration)]
        outputs = self._outputs(configuration, run_id)
        self.document: Document = {
            "script": configuration.get("script"),
            "command": self._resolved(configuration.get("command") or "") or None,
            "arguments": [self._resolved(str(argument)) for argument in configuration.get("arguments") or []],
            "inputs": inputs,
            "outputs": outputs,
        }

    def _datasets(self, configuration: Document) -> list[Document]:
        found, variables = [], []
        for name, data in (configuration.get("data") or {}).items():
            dataset = (data.get("dataLocation") or {}).get("dataset") or {}
            variable, mechanism = data.get("environmentVariableName") or name, data["mechanism"].lower()
            variables.append(f"{variable}:{mechanism}")
            if mechanism == "direct":
                self._name(f"DatasetConsumptionConfig:{name}", variable, dataset["id"])
                continue
            local = self._local("inputs", name, data.get("pathOnCompute"))
            self._name(f"DatasetConsumptionConfig:{name}", variable, local)
            mounted = {"mounted": mechanism == "mount", "variable": variable}
            found.append({"dataset": dataset["id"], "local": local, **mounted})
        self.environment["AZUREML_DATASET_ENVIRONMENT_VARS"] = ",".join(variables)
        return found

    def _references(self, configuration: Document) -> list[Document]:
        found = []
        for name, data in (configuration.get("dataReferences") or {}).items():
            local = self._local("inputs", name, data.get("pathOnCompute"))
            variable = f"AZUREML_DATAREFERENCE_{name}"
            self._name(f"${variable}", variable, local)
            where = {
                "datastore": data["dataStoreName"],
                "path": data.get("pathOnDataStore") or "",
                "mounted": False,
            }
            if data.get("mode") != "upload":
                found.append({"dataset": None, "local": local, **where})
        return found

    def _outputs(self, configuration: Document, run_id: str) -> list[Document]:
        found = []
        for name, data in (configuration.get("outputData") or {}).items():
            options = data.get("additionalOptions") or {}
            local = self._local("outputs", name, options.get("pathOnCompute"))
            self._name(f"DatasetOutputConfig:{name}", name, local)
            where = (data.get("outputLocation") or {}).get("dataPath") or {}
            path = where.get("relativePath") or f"dataset/{run_id}/{name}"
            globs = (options.get("uploadOptions") or {}).get("sourceGlobs") or {}
            found.append({
                "name": name,
                "local": local,
                "globs": globs.get("patterns") or [],
                "datastore": where.get("datastoreName") or "workspaceblobstore",
                "path": path.replace("{run-id}", run_id).replace("{output-name}", name),
                "register": _registration(options.get("registrationOptions") or {}),
            })  # fmt: skip
        self.environment["AZUREML_DATASET_FILE_OUTPUTS"] = ";".join(configuration.get("outputData") or {})
        return found

    def _name(self, placeholder: str, variable: str, value: str) -> None:
        self._places[placeholder] = value
        self.environment[variable] = value

    def _local(self, kind: str, name: str, wanted: Any) -> str:
        """A folder of the run's own; a path of the user's choice is put below it."""
        return str(self._folder / kind / (str(wanted).strip("/") if wanted else name))

    def _resolved(self, text: str) -> str:
        for placeholder in sorted(self._places, key=len, reverse=True):
            text = text.replace(placeholder, self._places[placeholder])
        return text


def _registration(options: Document) -> Document:
    """{name, description, tags, transformation}, each where it was given; no name: nothing is registered."""
    how = options.get("datasetRegistrationOptions") or {}
    kept = {name: options.get(name) for name in ("name", "description", "tags")}
    return kept | {"transformation": how.get("additionalTransformation")}
