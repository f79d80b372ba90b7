"""Jobs that are on their way, for tests that have no engine to run them."""

from __future__ import annotations

from sqlalchemy import insert, select

from lazuli.schema.identity import ResourceId, Scope
from lazuli.store import tables
from lazuli.store.documents import Record
from lazuli.store.opened import Store


def leased(store: Store, scope: Scope, name: str) -> int:
    """When the job was born; made where there is none, with a lease of another server that never ends."""
    id = ResourceId(scope, "jobs", name)
    with store.state.write() as tx:
        record = store.documents.find(tx, id)
        if record is None:
            record = store.documents.add(tx, Record(id, {"command": "true"}, {}, status="Running"), "someone")
            tx.execute(insert(tables.lease).values(resource_id=id.key, kind=id.kind, token="elsewhere"))
            if tx.execute(select(tables.holder).where(tables.holder.c.token == "elsewhere")).first() is None:
                tx.execute(insert(tables.holder).values(token="elsewhere", expires_at=1 << 60))
    return record.created_at


def ended(store: Store, scope: Scope, name: str) -> None:
    """Take the job's lease away, as its end does."""
    key = ResourceId(scope, "jobs", name).key
    with store.state.write() as tx:
        tx.execute(tables.lease.delete().where(tables.lease.c.resource_id == key))
