"""Where a job may go from where it is. What leads nowhere is an end."""

from __future__ import annotations

from collections.abc import Mapping

from lazuli.resources.job import Status
from lazuli.store.reconciler import terminal

__all__ = ["ACTIVE", "TERMINAL", "TRANSITIONS", "UNKEPT"]

TRANSITIONS: Mapping[str, frozenset[str]] = {
    Status.QUEUED.value: frozenset(
        {
            Status.PREPARING.value,
            Status.RUNNING.value,  # a job that is made of others: it takes no node of its own
            Status.CANCEL_REQUESTED.value,
            Status.FAILED.value,
        }
    ),
    Status.PREPARING.value: frozenset(
        {
            Status.RUNNING.value,
            Status.FINALIZING.value,
            Status.CANCEL_REQUESTED.value,
            Status.FAILED.value,
            Status.QUEUED.value,  # its node was preempted
        }
    ),
    Status.RUNNING.value: frozenset(
        {Status.FINALIZING.value, Status.CANCEL_REQUESTED.value, Status.FAILED.value, Status.QUEUED.value}
    ),
    Status.CANCEL_REQUESTED.value: frozenset({Status.FINALIZING.value, Status.CANCELED.value}),
    Status.FINALIZING.value: frozenset({Status.COMPLETED.value, Status.FAILED.value, Status.CANCELED.value}),
    Status.COMPLETED.value: frozenset(),
    Status.FAILED.value: frozenset(),
    Status.CANCELED.value: frozenset(),
}

TERMINAL = terminal(TRANSITIONS)
ACTIVE = frozenset(TRANSITIONS) - TERMINAL

UNKEPT = "unkept"
"""The fact of an ended job that something it left lies in its work folder alone."""
