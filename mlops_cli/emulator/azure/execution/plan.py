"""From a run configuration to what is to be done: arguments, environment, inputs and outputs."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mlops_cli.emulator.state import Document


class Plan:
    """The work of one run, with paths below `folder`. `document` is what `run_script.py` reads."""

    def __init__(self, configuration: Document, run_id: str, folder: Path) -> None:
        self._folder = folder
        self.environment: dict[str, str] = {}
        self._places: dict[str, str] = {}
        inputs = self._datasets(configuration)
        references = self._references(configuration)
        outputs = self._outputs(configuration, run_id)
        self.document: Document = {
            "script": configuration.get("script"),
            "command": self._resolved(configuration.get("command") or "") or None,
            "arguments": [self._resolved(str(argument)) for argument in configuration.get("arguments") or []],
            "inputs": inputs,
            "references": references,
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
            found.append({
                "local": local,
                "datastore": data["dataStoreName"],
                "path": (data.get("pathOnDataStore") or "").strip("/"),
                "mode": (data.get("mode") or "mount").lower(),
                "variable": variable,
            })  # fmt: skip
        return found

    def _outputs(self, configuration: Document, run_id: str) -> list[Document]:
        found = []
        linked, written = [], []
        for name, data in (configuration.get("outputData") or {}).items():
            options = data.get("additionalOptions") or {}
            register = _registration(options.get("registrationOptions") or {})
            if (data.get("mechanism") or "").lower() == "link":
                self._places[f"DatasetOutputConfig:{name}"] = name
                linked.append(name)
                found.append({"name": name, "local": None, "register": register})
                continue
            written.append(name)
            local = self._local("outputs", name, options.get("pathOnCompute"))
            self._name(f"DatasetOutputConfig:{name}", name, local)
            where = (data.get("outputLocation") or {}).get("dataPath") or {}
            path = where.get("relativePath") or f"dataset/{run_id}/{name}"
            globs = (options.get("uploadOptions") or {}).get("sourceGlobs") or {}
            found.append({
                "name": name,
                "local": local,
                "mode": (data.get("mechanism") or "mount").lower(),
                "globs": globs.get("patterns") or [],
                "datastore": where.get("datastoreName") or "workspaceblobstore",
                "path": path.replace("{run-id}", run_id).replace("{output-name}", name),
                "register": register,
            })  # fmt: skip
        self.environment["AZUREML_DATASET_FILE_OUTPUTS"] = ";".join(written)
        self.environment["AZUREML_LINK_DATASET_OUTPUTS"] = ";".join(linked)
        return found

    def _name(self, placeholder: str, variable: str, value: str) -> None:
        self._places[placeholder] = value
        self.environment[variable] = value

    def _local(self, kind: str, name: str, wanted: str | None) -> str:
        return str(local_place(self._folder, kind, name, wanted))

    def _resolved(self, text: str) -> str:
        for placeholder in sorted(self._places, key=len, reverse=True):
            text = text.replace(placeholder, self._places[placeholder])
        return text


def _registration(options: Document) -> Document:
    """{name, description, tags, transformation}, each where it was given; no name: nothing is registered."""
    how = options.get("datasetRegistrationOptions") or {}
    kept = {name: options.get(name) for name in ("name", "description", "tags")}
    return kept | {"transformation": how.get("additionalTransformation")}


def local_place(folder: Path, kind: str, name: str, wanted: str | None) -> Path:
    """A place of the run's own, or where the user wants it, if that is below the working directory."""
    parts = PurePosixPath(wanted or "/").parts
    below = bool(parts) and parts[0] != "/" and ".." not in parts
    return folder / "code" / Path(*parts) if below else folder / kind / name
