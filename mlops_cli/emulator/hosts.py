"""The hosts that Azure's clients call, as patterns. A host is a name, with the port where it is not the usual."""

AAD = r"login\.(microsoftonline\.com|windows\.net|microsoft\.com)"
ARM = r"management\.azure\.com"
AML = r"[\w-]+\.(api\.azureml\.ms|(experiments|modelmanagement)\.azureml\.net|aether\.ms)"
BLOB = r"[a-z0-9]+\.blob\.core\.windows\.net"
SHARE = r"[a-z0-9]+\.file\.core\.windows\.net"
LAKE = r"[a-z0-9]+\.dfs\.core\.windows\.net"
ACI = r"[\w-]+\.[\w-]+\.azurecontainer\.io(:\d+)?"
AKS = r"(203\.0\.113\.\d+|[\w-]+\.[\w-]+\.cloudapp\.azure\.com)(:\d+)?"
INSIGHTS = r"api\.applicationinsights\.(io|azure\.com)"
TELEMETRY = r"(dc|[\w-]+\.in)\.(services\.visualstudio\.com|applicationinsights\.azure\.com)"
METADATA = r"169\.254\.169\.254"
SELF = r"(127\.0\.0\.1|localhost)(:\d+)?"
PORTAL = "https://ml.azure.com"
_OLD_PATHS = {
    "aether.ms": ("/api/v1.0/", "/pipelines/v1.0/"),
    "modelmanagement.azureml.net": ("/api/", "/modelmanagement/v1.0/"),
}


def path_of_today(host: str, path: str) -> str:
    """The path without the one that a service had while it had a host of its own; that host still answers."""
    old, new = _OLD_PATHS.get(host.partition(".")[2].lower(), ("", ""))
    return new + path[len(old) :] if old and path.lower().startswith(old) else path
