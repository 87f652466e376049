"""Pipelines: modules with names and versions."""

from __future__ import annotations

from mlops_cli.emulator.azure.pipeline.catalogue import Catalogue
from mlops_cli.emulator.azure.pipeline.routes import BASE, service
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document

MODULE, VERSION = BASE + "/AzureMLModules/{module}", BASE + "/AzureMLModuleVersions/{version}"


@service.route("POST", BASE + "/AzureMLModules", "Module.create")
def create(call: Call) -> Document:
    return Catalogue(call.workspace).create(call.document)


@service.route("GET", BASE + "/AzureMLModules/Name", "Module.get(name=)")
def by_name(call: Call) -> Document:
    return Catalogue(call.workspace).by_name(call.query.get("name", ""))


@service.route("GET", MODULE, "Module.get(module_id=)")
def get(call: Call) -> Document:
    return Catalogue(call.workspace).get(call["module"])


@service.route("PUT", MODULE, "Module.set_default_version, set_name, set_description, enable, disable")
def update(call: Call) -> Document:
    return Catalogue(call.workspace).update(call["module"], call.document)


@service.route("POST", BASE + "/AzureMLModuleVersions", "Module.publish_python_script, publish")
def add_version(call: Call) -> Document:
    return Catalogue(call.workspace).add(call.document)


@service.route("GET", VERSION, "ModuleStep, Module.module_version_list")
def get_version(call: Call) -> Document:
    return Catalogue(call.workspace).version(call["version"])


@service.route("PUT", VERSION, "ModuleVersion.enable, disable, set_description")
def update_version(call: Call) -> Document:
    return Catalogue(call.workspace).update_version(call["version"], call.document)
