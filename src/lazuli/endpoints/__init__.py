"""Endpoints: deployed models that answer requests."""
