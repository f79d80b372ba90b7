"""Outputs: where what a job leaves can be read."""

from __future__ import annotations

from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.job import Status
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import artifact_path, output_path
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.shelves.shelf import Shelf
from lazuli.store.opened import Store

__all__ = ["KEPT", "Outputs"]

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
        outputs = record.body.get("outputs", {})
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
        if output == "artifacts":
            return str(artifact_path(record.id.name))
        return outputs[output].get("path") or str(output_path(record.id.name, output))
