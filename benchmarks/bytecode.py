"""Bytecode of our modules, which an installed package has: without it every child process would compile them anew."""

import os


def keep() -> None:
    """Let children write and find it, whatever the environment says."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
