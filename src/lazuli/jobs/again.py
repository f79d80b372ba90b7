"""Jobs that were submitted before, and are to be submitted again: what they said, for a job of another name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_reference
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["earlier_job", "said_anew"]


def earlier_job(store: Store, scope: Scope, named: str, *, target: str) -> Record:
    """The job that a reference names. Raises :class:`InvalidInput` where there is none."""
    reference = parse_reference(named)
    if reference is None:
        raise InvalidInput(
            f"'{named[:200]}' is not the name of a job.",
            target=target,
            mend="Write azureml:<name>, or the job itself; the file of one is read on the machine where it lies.",
        )
    reference.inside(scope, target=target)
    with store.state.read() as tx:
        record = store.documents.find(tx, ResourceId(scope, "jobs", reference.name))
    if record is None:
        raise InvalidInput(
            f"The job '{reference.name}' does not exist.",
            target=target,
            mend="Name one of 'lazuli job list'.",
            code="ReferenceNotFound",
        )
    return record


def said_anew(record: Record) -> dict[str, Any]:
    """What a job said, for another: a place that was called after the one is called after the other."""
    outputs: Mapping[str, Any] = record.body.get("outputs") or {}
    anew = {
        name: {**said, "path": _anew(said["path"], record)} if said.get("path") else said
        for name, said in outputs.items()
    }
    return {**record.body, **({"outputs": anew} if anew else {})}


def _anew(path: str, record: Record) -> str:
    return "/".join("${{name}}" if part == record.id.name else part for part in path.split("/"))
