"""What a row of the table says of a job, worked out of its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lazuli.resources.job import CommandJob, JobType

__all__ = ["facts_of", "tags_of"]

_NO_EXPERIMENT: str = CommandJob.model_fields["experiment_name"].default


def facts_of(name: str, row: Any, body: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a job, of which ``row`` knows the rest.

    Times are milliseconds since 1970, and None where there is nothing to say (yet).
    """
    started, ended = _time(state.get("start_time")), _time(state.get("end_time"))
    target = state.get("target") or body.get("compute")
    return {
        "name": name,
        "displayName": body.get("display_name") or name,
        "experiment": body.get("experiment_name") or _NO_EXPERIMENT,
        "type": body.get("type") or JobType.COMMAND.value,
        "status": row.status,
        "compute": str(target).removeprefix("azureml:") if target else None,
        "createdBy": row.created_by,
        "parent": row.parent,
        "created": row.created_at,
        "started": started,
        "ended": ended,
        "duration": None if started is None or ended is None else ended - started,
    }


def tags_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a job was described with."""
    return {str(name): str(value) for name, value in (body.get("tags") or {}).items()}


def _time(said: Any) -> int | None:
    return round(datetime.fromisoformat(said).timestamp() * 1000) if said else None
