"""The README of an exported service."""

_START = """# {name}

{about}, as a service of its own. No key is in this folder.

```
{key}python serve.py                      # here, with requirements.txt installed
docker compose up --build            # in a container, on 127.0.0.1:5001
```

- `POST /score` scores{with_key}
- `/ui` is a form, `/swagger.json` says what the service takes, `GET /` is the health check
- `/metrics` is for Prometheus; like the health check it needs no key, for it tells counts and times only
- log lines are JSON on stdout

| here | what it is |
| --- | --- |
| serve.py, app/ | the scoring service; `python serve.py --help` |
| service/ | the model and how it is served |
| requirements.txt | every package it needs, pinned |
| Dockerfile, compose.yaml | the same in a container |
"""
_KUBERNETES_ROW = "| kubernetes/ | Deployment, Service, HorizontalPodAutoscaler{secret} |\n"
_KEYS = """
The key comes from the environment (`SCORING_PRIMARY_KEY`, `SCORING_SECONDARY_KEY`), or from files named by
`SCORING_PRIMARY_KEY_FILE` and `SCORING_SECONDARY_KEY_FILE`. It needs 16 characters: `openssl rand -hex 16`.
"""
_DATA = """
What is scored and answered is kept, a line of JSON each, in the folder that `SCORING_DATA_DIR` names: mount a volume
there. The newest 100 MB at least are in it. Without the variable nothing is kept.
"""
_KUBERNETES = """
## Kubernetes

```
docker build -t {image} .            # and push it to where your cluster finds it
{secret}kubectl apply -k kubernetes
```

A pod that ends answers what it has been asked. More pods come when they are busy for more than 70 % of the CPU
that they asked for; that needs the metrics server.
"""
_MAKE_KEYS = """kubectl create secret generic {name}-keys \\
  --from-literal=primary=$(openssl rand -hex 16) --from-literal=secondary=$(openssl rand -hex 16)
"""


def readme(name: str, about: str, image: str, *, has_key: bool, collects: bool, kubernetes: bool) -> str:
    text = _START.format(
        name=name,
        about=about,
        key="export SCORING_PRIMARY_KEY=$(openssl rand -hex 16)\n" if has_key else "",
        with_key=", with `Authorization: Bearer KEY`" if has_key else "",
    )
    if kubernetes:
        text += _KUBERNETES_ROW.format(secret=", template of a Secret" if has_key else "")
    if has_key:
        text += _KEYS
    if collects:
        text += _DATA
    if kubernetes:
        secret = _MAKE_KEYS.format(name=name) if has_key else ""
        text += _KUBERNETES.format(image=image, secret=secret)
    return text
