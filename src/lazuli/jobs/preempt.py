"""Preemption: a low-priority node is taken away, and the job on it is stopped and queued again."""

from __future__ import annotations

from lazuli.compute.nodes import Node
from lazuli.compute.targets import Targets
from lazuli.resources.compute import Compute, NodeState, Tier
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, NotFound
from lazuli.shelves.principal import Principal
from lazuli.store.opened import Store
from lazuli.store.reconciler import Reconciler

__all__ = ["MOST_ATTEMPTS", "Preemption"]

MOST_ATTEMPTS = 5
"""How often a job is begun at most."""

_STOPPABLE = (Status.PREPARING.value, Status.RUNNING.value)


class Preemption:
    """Takes nodes away, as Azure does when it wants them back."""

    def __init__(self, store: Store, targets: Targets, reconciler: Reconciler) -> None:
        self._store = store
        self._targets = targets
        self._reconciler = reconciler

    def preempt(self, id: ResourceId, node_name: str, actor: Principal) -> str:
        """Take a node of the cluster ``id`` away; the job that was on it, or ''.

        Raises :class:`Conflict` for a node that is not of low priority or is on its way out, :class:`NotFound`.
        """
        with self._store.state.write() as tx:
            target = self._targets.found(tx, id)
            document = Compute.load(target.body)
            if document.is_instance or document.tier is not Tier.LOW_PRIORITY:
                raise Conflict(
                    f"The nodes of '{target.id.name}' are dedicated: they are not taken away.",
                    target="tier",
                    mend="Create a cluster with 'tier: low_priority'.",
                )
            nodes = self._targets.rows.of(tx, target.id.scope, target.id.name)
            node = _named(nodes, node_name, target.id.name)
            record = self._targets.rows.record(tx, target.id.scope, node.name)
            self._store.documents.change(tx, record, actor.name, event="moved", status=NodeState.PREEMPTED.value)
            job = ResourceId(target.id.scope, "jobs", node.job)
            found = self._store.documents.find(tx, job) if node.job else None
            if found and found.status in _STOPPABLE:
                state = {
                    **found.state,
                    "preempted": node.name,
                    "status_reason": f"Its node '{node.name}' is taken away.",
                }
                self._store.documents.change(tx, found, actor.name, event="preempted", state=state)
        self._reconciler.wake(record.id)
        if found:
            self._reconciler.wake(found.id)
        return node.job


def _named(nodes: list[Node], name: str, target: str) -> Node:
    for node in nodes:
        if node.name.lower() == name.lower():
            if node.usable:
                return node
            raise Conflict(f"The node '{node.name}' is {node.state.value} already.", target="node")
    names = ", ".join(node.name for node in nodes if node.usable)
    raise NotFound(
        f"'{target}' has no node '{name[:80]}'.",
        target="node",
        mend=f"Its nodes: {names}." if names else "It has none now: they come when a job needs them.",
    )
