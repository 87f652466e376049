"""The service with all its routes."""

from mlops_cli.emulator.azure.pipeline import (
    catalogue_routes,
    draft_routes,
    progress,
    publish_routes,
    run_routes,
    schedule_routes,
)
from mlops_cli.emulator.azure.pipeline.routes import service

__all__ = [
    "catalogue_routes",
    "draft_routes",
    "progress",
    "publish_routes",
    "run_routes",
    "schedule_routes",
    "service",
]
