"""The service with all its routes."""

from mlops_cli.emulator.azure.pipeline import progress, publish_routes, run_routes, schedule_routes
from mlops_cli.emulator.azure.pipeline.routes import service

__all__ = ["progress", "publish_routes", "run_routes", "schedule_routes", "service"]
