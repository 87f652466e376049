"""Every way to sign in."""

import os
import sys
import webbrowser
from pathlib import Path

from azureml.core import Workspace
from azureml.core.authentication import (
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
    TokenAuthentication,
)
from outcome import note, refused

tenant = os.environ["AZUREML_SERVICE_PRINCIPAL_TENANT_ID"]
client = os.environ["AZUREML_SERVICE_PRINCIPAL_ID"]
secret = os.environ["AZUREML_SERVICE_PRINCIPAL_PASSWORD"]
names = {
    "subscription_id": os.environ["AZURE_SUBSCRIPTION_ID"],
    "resource_group": os.environ["AZURE_RESOURCE_GROUP"],
    "name": os.environ["AZURE_WORKSPACE_NAME"],
}


def name_with(auth):
    return Workspace.get(auth=auth, **names).name


note(from_config=Workspace.from_config().name)
principal = ServicePrincipalAuthentication(tenant, client, secret)
note(service_principal=name_with(principal))
certificate = os.path.join(os.environ["MLOPS_EMULATOR"], "service-principal.pem")
note(certificate=name_with(ServicePrincipalAuthentication(tenant, client, certificate)))
note(wrong_secret=refused(lambda: name_with(ServicePrincipalAuthentication(tenant, client, "wrong"))))
note(wrong_client=refused(lambda: name_with(ServicePrincipalAuthentication(tenant, "nobody", secret))))
note(wrong_tenant=refused(lambda: name_with(ServicePrincipalAuthentication("nowhere", client, secret))))
for variable in [v for v in os.environ if v.startswith("AZUREML_SERVICE_PRINCIPAL_")]:
    del os.environ[variable]
for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(screen, None)
note(device_code=name_with(InteractiveLoginAuthentication(force=True)))
note(device_code_cached=name_with(InteractiveLoginAuthentication()))
command = [sys.executable, str(Path(__file__).with_name("browser.py")), "%s"]
webbrowser.register("firefox", None, webbrowser.BackgroundBrowser(command), preferred=True)
note(browser=name_with(InteractiveLoginAuthentication(force=True)))
note(machine=name_with(MsiAuthentication()))
os.environ["MSI_ENDPOINT"] = os.environ["https_proxy"] + "/msi/token"
note(msi_endpoint=name_with(MsiAuthentication()))


def callback(audience):
    is_arm = "management" in str(audience).lower() or "arm" in str(audience).lower()
    return principal._get_arm_token() if is_arm else principal._get_azureml_client_token()


note(token=name_with(TokenAuthentication(callback)))
note(
    bad_token=refused(
        lambda: name_with(
            TokenAuthentication(lambda _: "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjk5OTk5OTk5OTksInRpZCI6IngifQ.AAAA")
        )
    )
)
