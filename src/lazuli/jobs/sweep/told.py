"""What the platform tells of a sweep among its properties, in the words in which Azure does."""

from __future__ import annotations

import json

from lazuli.jobs.kinds import kind_of
from lazuli.resources.job import JobType
from lazuli.store.documents import Record

__all__ = ["properties_of"]


def properties_of(record: Record) -> dict[str, str]:
    """The properties of a job that its being a sweep gives it: what is searched for, and what is the best so far."""
    if kind_of(record) is not JobType.SWEEP:
        return {}
    said = record.body["objective"]
    told = {
        "azureml.runsource": "hyperdrive",
        "primary_metric_config": json.dumps({"name": said["primary_metric"], "goal": said["goal"]}),
    }
    if best := record.state.get("best"):
        told |= {"best_child_run_id": str(best["trial"]), "score": repr(float(best["score"]))}
    return told
