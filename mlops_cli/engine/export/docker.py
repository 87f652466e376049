"""Dockerfile and compose file of an exported service."""

import sys
from typing import Any

import yaml

PORT = 5001
"""Where Azure ML's inference server listens, too."""
USER = 10001
HEALTH = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}/', timeout=2)"

_DOCKERFILE = """\
FROM python:{python}-slim AS packages
COPY requirements.txt ./
RUN python -m venv --without-pip /venv \\
    && pip --python /venv/bin/python install --no-cache-dir --no-deps -r requirements.txt

FROM python:{python}-slim
{system}COPY --from=packages /venv /venv
WORKDIR /srv
COPY serve.py ./
COPY app/ app/
COPY service/ service/
RUN python -m compileall -q app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER {user}
EXPOSE {port}
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python", "-c", "{health}"]
ENTRYPOINT ["python", "serve.py", "--host", "0.0.0.0", "--port", "{port}"]
CMD ["--workers", "{workers}"]
"""
_OPENMP = """\
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends libgomp1 \\
    && rm -rf /var/lib/apt/lists/*
"""
IGNORED = "*\n!requirements.txt\n!serve.py\n!app\n!service\n**/__pycache__\n"


def dockerfile(packages: list[str], workers: int) -> str:
    """`packages` are `name==version`; LightGBM wants the OpenMP runtime of the system."""
    has_lightgbm = any(package.startswith("lightgbm==") for package in packages)
    return _DOCKERFILE.format(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        system=_OPENMP if has_lightgbm else "",
        user=USER,
        port=PORT,
        health=HEALTH,
        workers=workers,
    )


def compose(name: str, image: str, *, has_key: bool, cpu_cores: float, memory_gb: float) -> str:
    """One service on 127.0.0.1; its key comes from the environment of `docker compose` as a secret file."""
    service: dict[str, Any] = {
        "build": ".",
        "image": image,
        "ports": [f"127.0.0.1:{PORT}:{PORT}"],
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 a path inside the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "unless-stopped",
        "stop_grace_period": "70s",
        "deploy": {
            "resources": {"limits": {"cpus": str(cpu_cores), "memory": f"{round(memory_gb * 1024)}M"}}
        },
    }
    document: dict[str, Any] = {"services": {name: service}}
    if has_key:
        service["environment"] = {"SCORING_PRIMARY_KEY_FILE": "/run/secrets/scoring_primary_key"}
        service["secrets"] = ["scoring_primary_key"]
        document["secrets"] = {"scoring_primary_key": {"environment": "SCORING_PRIMARY_KEY"}}
    text: str = yaml.safe_dump(document, sort_keys=False)
    return text
