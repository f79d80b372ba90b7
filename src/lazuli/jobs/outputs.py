"""Outputs: where what a job leaves can be read."""

from __future__ import annotations

from lazuli.jobs.kinds import kind_of
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import JobType, Status
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import artifact_path, output_path
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.shelves.shelf import Shelf
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["KEPT", "Outputs", "place_of"]

KEPT = TERMINAL | {Status.FINALIZING.value}
"""The statuses in which outputs may be read: each appears whole or not at all."""


class Outputs:
    """The outputs of the jobs of every workspace."""

    def __init__(self, store: Store) -> None:
        self._jobs = Shelf(noun("job"), store)

    def path(self, scope: Scope, job: str, output: str) -> str:
        """The datastore path of an output of a job. Raises :class:`InvalidInput` where there is none (yet)."""
        try:
            record = self._jobs.get(ResourceId(scope, "jobs", job))
        except NotFound as problem:
            raise InvalidInput(problem.message, target="path", mend=problem.mend, code="ReferenceNotFound") from None
        return self.path_in(record, output)

    def path_in(self, record: Record, output: str) -> str:
        """The same for a job that was read already."""
        job, outputs = record.id.name, record.body.get("outputs", {})
        known = [*outputs, "artifacts"]
        if output not in known:
            raise InvalidInput(
                f"The job '{job}' has no output '{output}'.", target="path", mend=f"It has: {', '.join(known)}."
            )
        if record.status not in KEPT:
            raise Conflict(
                f"The job '{job}' is {record.status}; its outputs are there when it has ended.",
                target="path",
                mend=f"Wait for it: 'lazuli job stream -n {job}'.",
                code="JobNotFinished",
            )
        if kind_of(record) is JobType.SWEEP:
            return self._of_the_best(record, output)
        if output == "artifacts":
            return str(artifact_path(record.id.name))
        return place_of(record, output)

    def _of_the_best(self, sweep: Record, output: str) -> str:
        """Where the output of a sweep's best trial lies."""
        best = sweep.state.get("best")
        if not best:
            raise InvalidInput(
                f"The sweep '{sweep.id.name}' has no best trial, so it has no outputs.",
                target="path",
                mend="Name the output of one of its trials: azureml://jobs/<trial>/outputs/<output>.",
                code="ReferenceNotFound",
            )
        return self.path(sweep.id.scope, str(best["trial"]), output)


def place_of(record: Record, output: str) -> str:
    """The datastore path where an output of a job lies, or will."""
    said = (record.body.get("outputs") or {}).get(output) or {}
    return said.get("path") or str(output_path(record.id.name, output))
