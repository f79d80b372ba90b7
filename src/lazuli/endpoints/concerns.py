"""What is wrong with the endpoints of a workspace: deployments that failed, and those whose instances do."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from lazuli.endpoints.moves import FAILED, SUCCEEDED
from lazuli.jobs.overview import Concern, Concerns
from lazuli.schema.identity import NESTED, Scope
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store

__all__ = ["endpoint_concerns"]

_KINDS = {"onlineEndpoints": "online-endpoint", "onlineDeployments": "online-deployment"}


def endpoint_concerns(store: Store) -> Concerns:
    """The concerns about online endpoints and their deployments."""

    def concerns(tx: Connection, scope: Scope) -> Iterator[Concern]:
        for kind, word in _KINDS.items():
            for record in store.documents.select(tx, Selection(scope, kind, limit=1000)):
                yield from _of(record, word)

    return concerns


def _of(record: Record, word: str) -> Iterator[Concern]:
    reason = str(record.state.get("status_reason") or "")
    if record.status != FAILED and not (record.status == SUCCEEDED and reason):
        return
    is_nested = record.id.kind in NESTED
    yield Concern(
        word,
        record.id.version if is_nested else record.id.name,
        (reason or "It failed.")[:300],
        record.modified_at,
        within=record.id.name if is_nested else "",
        severity="error" if record.status == FAILED else "warning",
    )
