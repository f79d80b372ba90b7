"""Schedules from Python: what every collection has, and triggering by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from lazuli.client.collection import Collection

__all__ = ["Schedules"]


class Schedules(Collection):
    """The schedules of a workspace."""

    def trigger(self, name: str) -> dict[str, str]:
        """Submit the job of a schedule now: ``job_name`` is its name."""
        moment = {"scheduleTime": datetime.now(UTC).isoformat()}  # asked again, it is the same firing
        told = self._http.call("POST", f"{self._path(name)}/trigger", body=moment)
        return {"job_name": told["submissionId"], "schedule_action_type": told["scheduleActionType"]}
