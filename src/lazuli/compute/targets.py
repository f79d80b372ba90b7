"""Compute targets: clusters and instances whose nodes are slots on this machine, and ``local``, the machine itself."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from lazuli.compute.nodes import Demand, Node, Nodes, least, most, operation
from lazuli.compute.sizes import Category, machine, price_of, size_named
from lazuli.resources.compute import Compute, NodeState, Tier
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.schema.reference import parse_reference
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Shelf, find_workspace
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler

__all__ = ["LOCAL", "Slots", "Targets"]

LOCAL = "local"
"""The target that is always there: this machine, one slot for each core."""

_ALWAYS_THERE = frozenset({LOCAL, "serverless"})
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{1,31}$")


@dataclass(frozen=True)
class Slots:
    """What a target offers to jobs now."""

    most: int
    """How many nodes it has at most; 0 where it is gone."""
    ready: int
    """How many of them a job could be given at once."""
    price: float
    """What an hour of one costs."""
    closed: str = ""
    """Why nothing starts there now; '' where it does."""


class Targets(Shelf):
    """The compute targets of workspaces."""

    def __init__(self, store: Store, reconciler: Reconciler, demand: Demand) -> None:
        super().__init__(noun("compute"), store)
        self.rows = Nodes(store, reconciler)
        self._demand = demand

    def prepare(self, id: ResourceId, document: Document, actor: Principal) -> Record:
        """A new cluster or instance; it can be used at once, nodes are ready in milliseconds."""
        assert isinstance(document, Compute)
        if not _NAME.fullmatch(id.name):
            raise InvalidInput(
                f"'{id.name[:80]}' cannot be a compute name.",
                target="name",
                mend="Use 2 to 32 letters, digits and '-', starting with a letter.",
            )
        if id.name.lower() in _ALWAYS_THERE:
            raise Conflict(f"'{id.name}' is always there.", target="name", mend="Choose another name.")
        size_named(document.size)
        with self.store.state.read() as tx:
            workspace = find_workspace(self.store, tx, id.scope)
        location = document.location or workspace.body.get("location") or self.store.settings.region
        state: dict[str, Any] = {"provisioning_state": "Succeeded"}
        if document.is_instance:
            state["last_operation"] = operation("Create", self.store.clock())
        return Record(id, {**_kept(document), "location": location}, state)

    def created(self, tx: Connection, record: Record, actor: Principal) -> None:
        """The nodes that it always keeps are made with it."""
        if least(record):
            self.rows.fill(tx, record)

    def after(self, record: Record) -> None:
        """Its nodes are as many as was said now, and whoever waits for more of them looks again."""
        scope, name = record.id.scope, record.id.name
        with self.store.state.write() as tx:
            made = self.rows.fill(tx, record)
            there = [ResourceId(scope, "nodes", n.name) for n in self._nodes_of(tx, record)]
            waiting = self._demand.next(tx, scope, name, most(record))
        self.rows.wake([*made, *there, *waiting])

    def replace(self, old: Record, document: Document) -> dict[str, object]:
        """Everything may change but the kind, the location, and the size and tier of nodes."""
        assert isinstance(document, Compute)
        before = Compute.load(old.body)
        _refuse_change(old.id.name, "type", before.type, document.type)
        if document.size.lower() != before.size.lower():
            _refuse_change(old.id.name, "size", before.size, document.size)
        if not document.is_instance:
            _refuse_change(old.id.name, "tier", before.tier, document.tier)
        kept = document.model_copy(update={"location": before.location, "size": before.size})
        return super().replace(old, Compute.load(_kept(kept)))

    def check_removal(self, tx: Connection, record: Record) -> None:
        """Not while a job runs on it. Its idle nodes go with it."""
        if busy := self._demand.busy(tx, record.id.scope, record.id.name):
            raise Conflict(
                f"'{record.id.name}' runs jobs on {busy} of its nodes.", mend="Cancel them or wait for their end."
            )
        self.rows.dismiss(tx, record.id.scope, record.id.name, "Its compute was deleted.")

    def delete(self, id: ResourceId, actor: Principal) -> bool:
        """Remove it, and wake its nodes to leave; whether there was one."""
        with self.store.state.read() as tx:
            there = [ResourceId(id.scope, "nodes", n.name) for n in self.rows.of(tx, id.scope, id.name)]
        removed = super().delete(id, actor)
        self.rows.wake(there)
        return removed

    def settle(self) -> None:
        """Give every target the nodes that it always keeps: said once, when a server starts."""
        with self.store.state.write() as tx:
            for record in self.store.documents.select(tx, Selection(None, self.noun.collection, limit=1_000_000)):
                self.rows.fill(tx, record)

    # --- instances -------------------------------------------------------------------------------------------------

    def start_instance(self, id: ResourceId, actor: Principal) -> Record:
        """Start an instance; one that runs stays as it is."""
        return self._operate(id, actor, "Start", stopped=False)

    def stop_instance(self, id: ResourceId, actor: Principal) -> Record:
        """Stop an instance. Raises :class:`Conflict` while a job runs on it."""
        return self._operate(id, actor, "Stop", stopped=True)

    def restart_instance(self, id: ResourceId, actor: Principal) -> Record:
        """Give an instance a fresh node. Raises :class:`Conflict` while a job runs on it."""
        return self._operate(id, actor, "Restart", stopped=False)

    def _operate(self, id: ResourceId, actor: Principal, name: str, *, stopped: bool) -> Record:
        with self.store.state.write() as tx:
            record = self.found(tx, id)
            if not Compute.load(record.body).is_instance:
                raise InvalidInput(
                    f"'{record.id.name}' is a cluster: its nodes come and go by themselves.",
                    target="name",
                    mend="Only an instance is started and stopped. To keep nodes, raise min_instances.",
                )
            if name != "Start" and self._demand.busy(tx, record.id.scope, record.id.name):
                raise Conflict(f"A job runs on '{record.id.name}'.", mend="Cancel it or wait for its end.")
            state = {**record.state, "stopped": stopped, "last_operation": operation(name, self.store.clock())}
            record = self.store.documents.change(tx, record, actor.name, event=name.lower(), state=state)
            moved = (
                []
                if name == "Start"
                else self.rows.dismiss(tx, record.id.scope, record.id.name, f"{name} was asked for.")
            )
            moved += self.rows.fill(tx, record)
            record = self.shown(tx, record)
        self.rows.wake(moved)
        return record

    # --- what is told of them --------------------------------------------------------------------------------------

    def found(self, tx: Connection, id: ResourceId) -> Record:
        """The record of a target, in a transaction. Raises :class:`NotFound`."""
        id = self.place(tx, id)
        record = self.store.documents.find(tx, id)
        if record is None:
            raise self.missing(tx, id)
        return record

    def shown(self, tx: Connection, record: Record) -> Record:
        """The record with its nodes as they are now."""
        document = Compute.load(record.body)
        nodes = self._nodes_of(tx, record)
        counts = Counter(node.state for node in nodes)
        usable = sum(node.usable for node in nodes)
        held = self._demand.busy(tx, record.id.scope, record.id.name)
        facts: dict[str, Any] = {
            "notes": _notes(document) or None,
            "price_per_hour": self._price(document),
        }
        if document.is_instance:
            return replace(record, state={**record.state, **facts, "state": _instance_state(record, counts)})
        wanted = min(document.max_instances, held + self._demand.waiting(tx, record.id.scope, record.id.name))
        wanted = max(document.min_instances, wanted, usable - counts[NodeState.PREPARING])
        facts |= {f"nodes_{state.value}": counts[state] for state in _COUNTED}
        facts |= {"nodes_busy": held, "nodes_allocated": usable, "nodes_wanted": wanted}
        is_steady = wanted == usable and not counts[NodeState.LEAVING] and not counts[NodeState.PREPARING]
        return replace(
            record, state={**record.state, **facts, "allocation_state": "Steady" if is_steady else "Resizing"}
        )

    def list_nodes(self, id: ResourceId) -> list[Node]:
        """The nodes of a target that have not left."""
        with self.store.state.read() as tx:
            return self._nodes_of(tx, self.found(tx, id))

    def _nodes_of(self, tx: Connection, record: Record) -> list[Node]:
        return self.rows.of(tx, record.id.scope, record.id.name)

    def named(self, scope: Scope, text: str) -> str:
        """The name of the target that a job asks for. Raises :class:`InvalidInput` with the targets there are."""
        reference = parse_reference(text)
        name = reference.inside(scope, target="compute").name if reference else text
        if name.lower() in _ALWAYS_THERE:
            return LOCAL
        with self.store.state.read() as tx:
            id = self.place(tx, ResourceId(scope, self.noun.collection, name))
            record = self.store.documents.find(tx, id)
            if record is None:
                problem = self.missing(tx, id)
                mend = f"{problem.mend} Create it with 'lazuli compute create', or use 'local'."
                raise InvalidInput(problem.message, target="compute", mend=mend, code="ReferenceNotFound")
        return record.id.name

    def slots(self, tx: Connection, scope: Scope, name: str) -> Slots:
        """What a target offers to jobs now. The machine itself has a slot for each core, and they are always there."""
        if name == LOCAL:
            most = max(1, os.cpu_count() or 1)
            return Slots(most, most, price_of(self.store.settings.price_list, LOCAL))
        record = self.store.documents.find(tx, ResourceId(scope, self.noun.collection, name))
        if record is None:
            return Slots(0, 0, 0.0)
        document = Compute.load(record.body)
        ready = sum(node.state is NodeState.IDLE for node in self._nodes_of(tx, record))
        closed = ""
        if document.is_instance and record.state.get("stopped"):
            closed = f"The instance '{name}' is stopped. Start it: 'lazuli compute start -n {name}'."
        return Slots(1 if document.is_instance else document.max_instances, ready, self._price(document), closed)

    def _price(self, document: Compute) -> float:
        low = document.tier is Tier.LOW_PRIORITY and not document.is_instance
        return price_of(self.store.settings.price_list, document.size, low_priority=low)


_COUNTED = (NodeState.IDLE, NodeState.PREPARING, NodeState.LEAVING, NodeState.PREEMPTED, NodeState.UNUSABLE)


def _kept(document: Compute) -> dict[str, Any]:
    """What is kept of a document: all but a password."""
    if document.ssh_settings and document.ssh_settings.admin_password:
        bare = document.ssh_settings.model_copy(update={"admin_password": None})
        document = document.model_copy(update={"ssh_settings": bare})
    return document.dump()


def _refuse_change(name: str, field: str, before: str, now: str) -> None:
    if before != now:
        raise InvalidInput(
            f"The {field} of '{name}' is {before} and cannot change.",
            target=field,
            mend=f"Create another compute of that {field}.",
        )


def _instance_state(record: Record, counts: Counter[NodeState]) -> str:
    if counts[NodeState.LEAVING]:
        return "Stopping" if record.state.get("stopped") else "Restarting"
    if counts[NodeState.IDLE] or counts[NodeState.RUNNING]:
        return "Running"
    return "Stopped" if record.state.get("stopped") else "Starting"


def _notes(document: Compute) -> list[str]:
    """What some of what was said means on this machine."""
    notes: list[str] = []
    if document.ssh_settings or document.ssh_public_access_enabled:
        notes.append("SSH: nodes are slots on this machine without a port of their own; log in to the machine itself.")
    if document.network_settings or not document.enable_node_public_ip:
        notes.append("Network: nodes share the network of this machine; virtual networks and addresses are only kept.")
    if document.identity:
        notes.append("Identity: jobs act for who submitted them; managed identities are only kept.")
    if document.schedules:
        notes.append("Schedules: kept, but nothing is started or stopped by them.")
    if document.setup_scripts or document.custom_applications:
        notes.append("Set-up scripts and applications: kept, but not run; put what jobs need into an environment.")
    try:
        size = size_named(document.size)
    except InvalidInput:  # made before sizes were checked
        return notes
    here = machine()
    if size.category is Category.GPU and size.gpus > here.gpus:
        notes.append(f"GPU: {size.name} has {size.gpus}; this machine has {here.gpus}.")
    return notes
