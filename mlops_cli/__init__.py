"""mlops: from a CSV to a production endpoint and an automated pipeline, from one command line."""

__version__ = "0.1.0"
