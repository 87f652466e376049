"""Profiles: finding, reading, merging and checking them, and saying where each value came from.

loaded = load_profile("azure", cwd=Path.cwd(), environ=os.environ, overrides=["train.task=regression"])
loaded.profile.train.task
loaded.require("workspace")      # raises when a ${VARIABLE} in that section is not set
"""

from mlops_cli.config.load import LoadedProfile, Unset, load_profile
from mlops_cli.config.model import Profile

__all__ = ["LoadedProfile", "Profile", "Unset", "load_profile"]
