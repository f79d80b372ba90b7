"""Pipelines: jobs of several steps, each a job of its own."""
