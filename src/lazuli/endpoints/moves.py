"""How endpoints and deployments move, in Azure's words for their provisioning."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CREATING", "FAILED", "MOVES", "SUCCEEDED", "UPDATING"]

CREATING, UPDATING, SUCCEEDED, FAILED = "Creating", "Updating", "Succeeded", "Failed"

MOVES: Mapping[str, frozenset[str]] = {
    CREATING: frozenset({SUCCEEDED, FAILED}),
    UPDATING: frozenset({SUCCEEDED, FAILED}),
    SUCCEEDED: frozenset({UPDATING, FAILED}),
    FAILED: frozenset({UPDATING, SUCCEEDED}),
}
"""None is an end: what serves is looked after until it is deleted."""
