"""Calls to an emulator without the SDK."""

from functools import cached_property

import requests


class Wire:
    """Requests through the proxy of an emulator, signed in as its service principal."""

    def __init__(self, emulator) -> None:
        self.emulator = emulator
        self.identity = emulator.identity
        self.session = requests.Session()
        self.session.trust_env = False
        proxy = f"http://127.0.0.1:{self.identity.port}"
        self.session.proxies = {"http": proxy, "https": proxy}
        self.session.verify = str(emulator.instance.ca)

    @cached_property
    def bearer(self) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.identity.client_id,
            "client_secret": self.identity.client_secret,
            "scope": "https://management.azure.com/.default",
        }
        url = f"https://login.microsoftonline.com/{self.identity.tenant_id}/oauth2/v2.0/token"
        return {"Authorization": f"Bearer {self.session.post(url, data=form).json()['access_token']}"}

    @property
    def workspace(self) -> str:
        return (
            f"/subscriptions/{self.identity.subscription_id}/resourceGroups/{self.identity.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.identity.workspace_name}"
        )

    def arm(self, method: str, path: str, **options) -> requests.Response:
        return self.session.request(
            method, f"https://management.azure.com{path}", headers=self.bearer, **options
        )

    def aml(self, method: str, path: str, **options) -> requests.Response:
        url = f"https://{self.identity.location}.api.azureml.ms{path}"
        return self.session.request(method, url, headers=self.bearer, **options)

    def blob(self, method: str, path: str, *, account: str = "anaccount", **options) -> requests.Response:
        headers = {"Authorization": f"SharedKey {account}:signature", **options.pop("headers", {})}
        url = f"https://{account}.blob.core.windows.net{path}"
        return self.session.request(method, url, headers=headers, **options)
