"""Reuse: a step that would give what an earlier one gave is not run again.

Two steps are the same work where they run the same command, code and environment over inputs with the same content,
and promise the same outputs. What is read from this server's blobs is compared by content, an asset by its version; a
step that reads what can change unseen (a URL, a path on a datastore of the user's own) is always run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lazuli.assets.kinds import Codes
from lazuli.assets.storage import Storage
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.job import Job, Status
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import Scope
from lazuli.schema.problems import Problem
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["Reuse", "digests_of"]

_ASKED = 5
"""How many earlier steps are looked at, the newest first."""
_WORK = ("command", "environment", "environment_variables", "distribution", "trial", "search_space")
_SEARCH = ("sampling_algorithm", "objective", "early_termination", "limits")


class Reuse:
    """Finds earlier steps whose outputs serve again."""

    def __init__(self, store: Store, storage: Storage, codes: Codes) -> None:
        self._store = store
        self._storage = storage
        self._codes = codes

    def key(self, scope: Scope, job: Job, extra: Mapping[str, Any]) -> str:
        """What equal steps have in common; '' for one that is always run. ``extra`` is what a step is told beside."""
        inputs: dict[str, Any] = {}
        for name, said in job.inputs.items():
            if (found := self._content(scope, said)) is None:
                return ""
            inputs[name] = [said.type.value, said.mode and said.mode.value, found]
        dumped = job.dump()
        work = {word: dumped.get(word) for word in (*_WORK, *(_SEARCH if isinstance(job, SweepJob) else ()))}
        trial = work.get("trial") or {}
        if code := trial.get("code") or dumped.get("code"):
            work["code"] = self._code(scope, code)
        work["trial"] = {key: value for key, value in trial.items() if key != "code"}
        outputs = {name: [said.type.value, said.mode and said.mode.value] for name, said in job.outputs.items()}
        said = {"work": work, "inputs": inputs, "outputs": outputs, "extra": extra}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def earlier(self, scope: Scope, key: str) -> Record | None:
        """A completed step with this key whose outputs are still what it wrote; None where there is none."""
        if not key:
            return None
        wanted = Selection(scope, "jobs", hash=key, statuses=(Status.COMPLETED.value,), limit=_ASKED)
        with self._store.state.read() as tx:
            found = self._store.documents.select(tx, wanted)
        return next((record for record in found if self._is_whole(record)), None)

    def _is_whole(self, record: Record) -> bool:
        written = record.state.get("written")
        return written is not None and written == digests_of(self._storage, record)

    def _code(self, scope: Scope, reference: str) -> str:
        record = self._codes.resolve(scope, reference, target="code")
        return record.hash or reference

    def _content(self, scope: Scope, said: Input) -> Any:
        """What tells whether an input is the same again; None where nothing does."""
        if said.type is AssetType.LITERAL or said.path is None:
            return said.value
        if not said.path.startswith("azureml:") or said.path.startswith("azureml://"):
            try:
                location = self._storage.locate(scope, said.path)
            except Problem:
                return None
            digest = None if location.is_outside else self._storage.digest(location)
            return digest and [digest, said.path if said.mode and said.mode.value == "direct" else ""]
        return said.path


def digests_of(storage: Storage, record: Record) -> dict[str, str] | None:
    """What lies in each output of a job whose outputs may be read; None where that cannot be told."""
    found: dict[str, str] = {}
    for name in record.body.get("outputs") or {}:
        try:
            location = storage.locate(record.id.scope, f"azureml://jobs/{record.id.name}/outputs/{name}")
        except Problem:
            return None
        if location.is_outside:
            return None
        found[name] = storage.digest(location)
    return found
