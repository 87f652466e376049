"""The environment in which an unmodified program finds the emulator where it expects Azure."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_cli.emulator.instance import Identity, Instance

_KEPT_AT_HOME = {"PYTHONUSERBASE": ".local", "PYENV_ROOT": ".pyenv"}


def client_environment(instance: Instance, identity: Identity, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables to set in a client process.

    `environ` is the caller's environment: what Python finds through HOME keeps its old place, because
    HOME itself becomes the instance's, so that the SDK's caches do not outlive it. The authority stands alone:
    nothing but loopback bypasses the proxy, and to read all of certifi's takes 15 ms for every new session,
    of which the SDK makes one or more a call. `ca-bundle.pem` beside it has both.
    """
    proxy = f"http://127.0.0.1:{identity.port}"
    direct = "127.0.0.1,localhost"
    variables = {
        "AZUREML_CURRENT_CLOUD": "AzureCloud",
        "AZUREML_SERVICE_PRINCIPAL_TENANT_ID": identity.tenant_id,
        "AZUREML_SERVICE_PRINCIPAL_ID": identity.client_id,
        "AZUREML_SERVICE_PRINCIPAL_PASSWORD": identity.client_secret,
        "AZUREML_LOG_DEPRECATION_WARNING_ENABLED": "False",
        "AZURE_SUBSCRIPTION_ID": identity.subscription_id,
        "AZURE_RESOURCE_GROUP": identity.resource_group,
        "AZURE_WORKSPACE_NAME": identity.workspace_name,
        "MLOPS_EMULATOR": str(instance.folder),
        "ORT_DISABLE_TELEMETRY": "1",
        "HOME": str(instance.client_home),
        "PYTHONPATH": _behind(str(instance.client_modules), environ.get("PYTHONPATH", "")),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(instance.ca)),
    }
    home = environ.get("HOME")
    kept = {name: f"{home}/{place}" for name, place in _KEPT_AT_HOME.items() if home and name not in environ}
    return variables | kept


def _behind(first: str, others: str) -> str:
    return ":".join([first, *(place for place in others.split(":") if place and place != first)])


def workspace_config(identity: Identity) -> dict[str, str]:
    """The content of a `config.json`, which `Workspace.from_config()` looks for."""
    return {
        "subscription_id": identity.subscription_id,
        "resource_group": identity.resource_group,
        "workspace_name": identity.workspace_name,
    }
