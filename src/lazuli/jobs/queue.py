"""The queue: whose turn it is on every compute.

On a cluster or an instance it is first come, first served. The machine itself (``local``) is shared by all
workspaces: the next turn is that of the workspace whose jobs hold the fewest of its slots, and in it of the job that
came first. What jobs on clusters and instances hold is taken off the machine's slots, but for as many as the job whose
turn it is wants: it would keep all others waiting for as long as those run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

from sqlalchemy import Connection

from lazuli.compute.targets import LOCAL, Targets
from lazuli.jobs.line import Line, Waiting, nodes_of
from lazuli.resources.job import Status
from lazuli.schema.identity import ResourceId, Scope
from lazuli.store.documents import Record
from lazuli.store.selection import Place as Order

__all__ = ["Place", "Queue"]


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands."""

    target: str
    nodes: int
    busy: int
    wanted: int
    ahead: int
    ready: int = 0
    """How many nodes could be given at once."""
    price: float = 0.0
    """What an hour of one costs."""
    closed: str = ""
    """Why nothing starts there now; '' where it does."""

    @property
    def its_turn(self) -> bool:
        """Whether it is this job's turn and there is room for it, though its nodes may still be on their way."""
        return not self.closed and self.ahead == 0 and self.busy + self.wanted <= self.nodes

    @property
    def free(self) -> bool:
        """Whether it is this job's turn and its nodes are ready."""
        return self.its_turn and self.ready >= self.wanted

    @property
    def _what(self) -> str:
        return "a node" if self.wanted == 1 else f"{self.wanted} nodes"

    def told(self, record: Record) -> str:
        """Why the job waits, and what became of earlier attempts."""
        return f"{self.reason} {record.state.get('retried') or ''}".strip()

    @property
    def reason(self) -> str:
        """Why the job waits, in words."""
        if self.nodes == 0:
            return f"The compute '{self.target}' is gone."
        if self.wanted > self.nodes:
            return f"It wants {self.wanted} nodes and '{self.target}' has {self.nodes} at most."
        if self.closed:
            return f"{self.closed} {self.ahead} jobs ahead." if self.ahead else self.closed
        if self.its_turn:
            made = "which is being made ready" if self.wanted == 1 else "which are being made ready"
            return f"Waiting for {self._what} of '{self.target}', {made}."
        waits = f"Waiting for {self._what} of '{self.target}': {self.busy} of {self.nodes} busy"
        return f"{waits}, {self.ahead} jobs ahead." if self.ahead else f"{waits}, next in the queue."


class Queue:
    """Whose turn it is on every target, and the nodes for them."""

    def __init__(self, line: Line, targets: Targets) -> None:
        self._line = line
        self._targets = targets

    def place(self, tx: Connection, record: Record) -> Place:
        """Where a queued job stands now."""
        return _Standing(self._line, self._targets, tx).place(record)

    def tell(self, tx: Connection, records: Iterable[Record]) -> list[Record]:
        """The records, each that is queued with the reason why it waits as it is now."""
        standing = _Standing(self._line, self._targets, tx)
        return [standing.tell(record) for record in records]

    def take(self, tx: Connection, record: Record) -> bool:
        """Give a queued job its nodes, in the transaction that moves it on; False where it is not to have them now."""
        place = self.place(tx, record)
        if not place.free:
            return False
        if place.target == LOCAL:
            return True
        return self._targets.rows.give(tx, record.id.scope, place.target, record.id.name, place.wanted)

    def let_go(self, tx: Connection, record: Record) -> list[ResourceId]:
        """Take back what a job held; what to wake after the commit: its nodes, and the next jobs in the queue."""
        scope, target = record.id.scope, str(record.state["target"])
        if target == LOCAL:
            return self.next(tx, scope, LOCAL)
        freed = self._targets.rows.take_back(tx, scope, target, record.id.name)
        return [*freed, *self.next(tx, scope, target), *self.next(tx, scope, LOCAL)]

    def grow(self, record: Record) -> bool:
        """Make the nodes that the jobs on a job's target lack; whether any were made. Opens a transaction."""
        scope, target = record.id.scope, str(record.state["target"])
        with self._targets.store.state.write() as tx:
            compute = self._targets.store.documents.find(tx, ResourceId(scope, "computes", target))
            wanted = self._line.busy(tx, scope, target) + self._line.waiting(tx, scope, target)
            made = self._targets.rows.fill(tx, compute, wanted) if compute else []
        self._targets.rows.wake(made)
        return bool(made)

    def next(self, tx: Connection, scope: Scope, target: str) -> list[ResourceId]:
        """The waiting jobs for which there is room now, in their order."""
        standing = _Standing(self._line, self._targets, tx)
        slots = standing.slots(scope, target)
        chosen: list[ResourceId] = []
        taken, is_open = 0, not slots.closed and standing.busy(scope, target, slots.most) < slots.most
        for waiting in standing.in_turn(scope.key, target, slots.most) if is_open else ():
            taken += waiting.nodes
            if standing.busy(scope, target, waiting.nodes) + taken > slots.most:
                break
            chosen.append(waiting.id)
        return chosen


class _Standing:
    """How the lines stand in one transaction: what several jobs have in common is asked for once.

    A job's turn on the machine is how many its workspace has before it: slots that are held, and jobs that wait
    longer. The lowest turn comes first, and of equal ones the job that waits longest.
    """

    def __init__(self, line: Line, targets: Targets, tx: Connection) -> None:
        self._line = line
        self._tx = tx
        self.slots = cache(partial(targets.slots, tx))
        self._busy_there = cache(partial(line.busy, tx))

    def tell(self, record: Record) -> Record:
        if record.status != Status.QUEUED.value or not record.state.get("target"):
            return record
        return replace(record, state={**record.state, "status_reason": self.place(record).told(record)})

    def place(self, record: Record) -> Place:
        scope, target = record.id.scope, str(record.state["target"])
        wanted = nodes_of(record.state)
        slots, busy = self.slots(scope, target), self.busy(scope, target, wanted)
        return Place(
            target=target,
            nodes=slots.most,
            busy=busy,
            wanted=wanted,
            ahead=self._ahead(scope.key, target, record.place),
            ready=slots.most - busy if target == LOCAL else slots.ready,
            price=slots.price,
            closed=slots.closed,
        )

    def busy(self, scope: Scope, target: str, wanted: int) -> int:
        """How many nodes of a target are held, as it counts for a job that wants so many."""
        if target != LOCAL:
            return self._busy_there(scope, target)
        here = sum(nodes for (_, where), nodes in self._held.items() if where == LOCAL)
        return here + max(0, min(self._held.total() - here, self.slots(scope, target).most - wanted))

    @cached_property
    def _held(self) -> Counter[tuple[str, str]]:
        return self._line.held(self._tx)

    @cached_property
    def _lengths(self) -> dict[str, int]:
        return self._line.lengths(self._tx, LOCAL)

    def _ahead(self, scope: str, target: str, order: Order) -> int:
        """How many waiting jobs come before the one of this order."""
        rank = self._line.before(self._tx, scope, target, order)
        if target != LOCAL:
            return rank
        ahead, turn = rank, self._held[scope, LOCAL] + rank
        for other, length in self._lengths.items():
            if other == scope:
                continue
            sooner = turn - self._held[other, LOCAL]
            ahead += min(length, max(0, sooner))
            if 0 <= sooner < length:
                equal = self._line.order_at(self._tx, other, LOCAL, sooner)
                ahead += equal is not None and equal < order
        return ahead

    def in_turn(self, scope: str, target: str, number: int) -> list[Waiting]:
        """The first waiting jobs, in the order of their turns."""
        if target != LOCAL:
            return self._line.first(self._tx, scope, target, number)
        turns = [
            (self._held[each, LOCAL] + before, waiting.order, waiting)
            for each in self._lengths
            for before, waiting in enumerate(self._line.first(self._tx, each, LOCAL, number))
        ]
        return [waiting for _, _, waiting in sorted(turns, key=lambda turn: turn[:2])]
