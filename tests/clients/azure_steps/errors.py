"""What goes wrong, and how the client says it."""

# pyright: reportMissingImports=false
from __future__ import annotations

from azure.core.exceptions import ResourceNotFoundError

from azure_steps.tour import Tour, expected


def miss_a_resource(tour: Tour) -> None:
    """what does not exist raises ResourceNotFoundError"""
    with expected(ResourceNotFoundError):
        tour.client.compute.get("nobody")
    with expected(ResourceNotFoundError):
        tour.client.jobs.get("nobody")
