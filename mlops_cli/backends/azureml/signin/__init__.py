"""Signing in to Azure: ways, their order, and what came of each."""

from mlops_cli.backends.azureml.signin.order import ORDER, SignedIn, sign_in

__all__ = ["ORDER", "SignedIn", "sign_in"]
