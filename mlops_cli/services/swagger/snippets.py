"""Clients that score an endpoint's own example, as text to paste. The key comes from the environment."""

import json
import shlex
from pprint import pformat
from typing import Any

from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.services.swagger.document import example

KEY = "SCORING_KEY"

_CURL = """{key_line}curl -sS {uri} \\
{authorization}  -H 'Content-Type: application/json' \\
  -d {payload}
"""
_PYTHON = """{key_line}import json
import os
import urllib.request

headers = {{"Content-Type": "application/json"}}
{authorization}payload = {payload}
request = urllib.request.Request({uri}, json.dumps(payload).encode(), headers)
with urllib.request.urlopen(request, timeout=60) as response:
    answer = json.load(response)
print(json.loads(answer) if isinstance(answer, str) else answer)
"""
_JAVASCRIPT = """{key_line}const headers = {{ "Content-Type": "application/json" }};
{authorization}const payload = {payload};
const response = await fetch({uri}, {{ method: "POST", headers, body: JSON.stringify(payload) }});
if (!response.ok) throw new Error(`${{response.status}} ${{await response.text()}}`);
const answer = await response.json();
console.log(typeof answer === "string" ? JSON.parse(answer) : answer);
"""
_AUTHORIZATION = {
    "curl": f'  -H "Authorization: Bearer ${KEY}" \\\n',
    "python": f'headers["Authorization"] = "Bearer " + os.environ["{KEY}"]\n',
    "javascript": f"headers.Authorization = `Bearer ${{process.env.{KEY}}}`;\n",
}
_COMMENT = {"curl": "#", "python": "#", "javascript": "//"}


def snippet(endpoint: Endpoint, document: dict[str, Any], language: str) -> str:
    """A program in curl (a shell), python (standard library only) or javascript (Node 18 and browsers)."""
    payload = example(document) or {}
    has_key = endpoint.auth != "none"
    return _template(language).format(
        uri=_quoted(endpoint.scoring_uri, language),
        payload=_payload(payload, language),
        authorization=_AUTHORIZATION[language] if has_key else "",
        key_line=_key_line(endpoint, language) if has_key else "",
    )


def _template(language: str) -> str:
    return {"curl": _CURL, "python": _PYTHON, "javascript": _JAVASCRIPT}[language]


def _key_line(endpoint: Endpoint, language: str) -> str:
    where = f"mlops endpoints {'keys' if endpoint.auth == 'key' else 'token'} {endpoint.name}"
    return f"{_COMMENT[language]} the variable {KEY} holds what this shows: {where}\n"


def _quoted(text: str, language: str) -> str:
    return shlex.quote(text) if language == "curl" else json.dumps(text)


def _payload(value: Any, language: str) -> str:
    if language == "javascript":
        return json.dumps(value, indent=2)
    return shlex.quote(json.dumps(value)) if language == "curl" else pformat(value, sort_dicts=False)
