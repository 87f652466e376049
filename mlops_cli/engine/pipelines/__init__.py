"""Pipelines on this machine: planned, run step by step in processes, published, triggered and scheduled."""
