"""First come, first served, and why a job waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.compute.targets import Targets
from lazuli.jobs.line import Line, place_in_line
from lazuli.jobs.queue import Queue
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict
from lazuli.store.documents import Documents, Record
from lazuli.store.opened import Store, open_store
from lazuli.store.reconciler import Reconciler
from lazuli.store.settings import Settings


def reason(place: Place, name: str) -> str:
    return place.get(name).state.get("status_reason") or ""


def test_one_node_runs_one_job_at_a_time_in_the_order_they_came(place: Place) -> None:
    place.put("compute", "single", type="amlcompute", max_instances=1)
    names = [f"queued{number}" for number in range(4)]
    place.submit(names[0], "sleep 60", compute="azureml:single")
    place.until(names[0], "Running")
    for name in names[1:]:
        place.submit(name, "date +%s.%N; sleep 0.02; date +%s.%N", compute="azureml:single")
    until(lambda: all(reason(place, name) for name in names[1:]), "reasons")
    assert reason(place, names[1]) == "Waiting for a node of 'single': 1 of 1 busy, next in the queue."
    assert reason(place, names[3]) == "Waiting for a node of 'single': 1 of 1 busy, 2 jobs ahead."
    assert [place.get(name).status for name in names] == ["Running", "Queued", "Queued", "Queued"]
    place.cancel(names[0])
    for name in names[1:]:
        place.until(name, "Completed")
        assert not reason(place, name)
    moments = [float(moment) for name in names[1:] for moment in place.log(name).split()]
    assert moments == sorted(moments), "they ran one after the other"


def test_a_queued_job_is_canceled_at_once_and_never_runs(place: Place) -> None:
    place.put("compute", "busy", type="amlcompute", max_instances=1)
    for name in ("ahead", "behind", "last"):
        place.submit(name, "echo ran; sleep 60" if name == "ahead" else "echo ran", compute="azureml:busy")
    place.until("ahead", "Running")
    place.cancel("behind")
    place.until("behind", "Canceled")
    assert "key" not in place.get("behind").state
    assert place.log("behind") == ""
    assert place.tracked("behind").status == "KILLED"
    place.cancel("ahead")
    place.until("last", "Completed")


def test_a_target_is_not_removed_under_its_jobs(place: Place) -> None:
    place.put("compute", "shaky", type="amlcompute", max_instances=1)
    id = ResourceId(place.scope, "computes", "shaky")
    targets = place.platform.shelves["compute"]
    place.submit("on-shaky", "sleep 60", compute="azureml:shaky")
    place.until("on-shaky", "Running")
    assert targets.get(id).state["nodes_busy"] == 1
    with pytest.raises(Conflict, match="runs jobs on 1"):
        targets.delete(id, place.actor)
    place.cancel("on-shaky")
    place.until("on-shaky", "Canceled")
    assert targets.get(id).state["nodes_busy"] == 0
    assert targets.delete(id, place.actor)


def test_jobs_that_wait_for_a_target_that_is_gone_fail_and_say_so(place: Place) -> None:
    place.put("compute", "closing", type="amlcompute", max_instances=1)
    for name in ("before-closing", "stranded"):
        place.submit(name, "sleep 60", compute="azureml:closing")
    place.until("before-closing", "Running")
    with place.platform.store.state.write() as tx:  # the shelf refuses it while a job runs there
        target = place.platform.store.documents.get(tx, ResourceId(place.scope, "computes", "closing"))
        place.platform.store.documents.remove(tx, target, "nobody")
    place.cancel("before-closing")
    place.platform.reconciler.wake(place.get("stranded").id)
    record = place.until("stranded", "Failed")
    assert record.state["error"] == {"code": "ComputeTooSmall", "message": "The compute 'closing' is gone."}


def test_whoever_waits_for_more_nodes_looks_as_soon_as_there_may_be_more(place: Place) -> None:
    place.put("compute", "grown", type="amlcompute", max_instances=1)
    for name in ("grown-one", "grown-two"):
        place.submit(name, "sleep 60", compute="azureml:grown")
    place.until("grown-one", "Running")
    until(lambda: "next in the queue" in reason(place, "grown-two"), "a reason")
    place.put("compute", "grown", type="amlcompute", max_instances=2)
    place.until("grown-two", "Running")
    for name in ("grown-one", "grown-two"):
        place.cancel(name)


# --- whose turn it is, by itself ---------------------------------------------------------------------------------


class Machine:
    """A machine of so many slots, and jobs in its lines."""

    def __init__(self, store: Store, tx: Connection) -> None:
        self.tx = tx
        self._documents = Documents(count(1).__next__)
        self._documents.facets["jobs"] = place_in_line
        reconciler = Reconciler(store.state, store.documents)
        self.queue = Queue(Line(), Targets(store, reconciler, Line()))

    def job(self, name: str, space: str = "A", status: str = "Queued", target: str = "local", nodes: int = 1) -> Record:
        id = ResourceId(Scope("sub", "shared", space), "jobs", name)
        record = Record(id, {}, {"target": target, "nodes": nodes}, status=status)
        return self._documents.add(self.tx, record, "me")

    def move(self, record: Record, status: str) -> Record:
        return self._documents.change(self.tx, record, "me", status=status)

    def ahead(self, *records: Record) -> list[int]:
        return [self.queue.place(self.tx, record).ahead for record in records]

    def next(self) -> list[str]:
        """Who is next on the machine itself."""
        return [id.name for id in self.queue.next(self.tx, Scope("sub", "shared", "A"), "local")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    store = open_store(Settings(data_dir=tmp_path))
    with store.state.write() as tx:
        yield Machine(store, tx)
    store.close()


def test_the_slots_of_the_machine_are_there_once_for_all_workspaces(machine: Machine) -> None:
    for number in range(3):
        machine.job(f"runs{number}", f"W{number}", "Running")
    late = machine.job("late", "W9")
    place = machine.queue.place(machine.tx, late)
    assert (place.nodes, place.busy, place.ready, place.ahead) == (3, 3, 0, 0)
    assert place.reason == "Waiting for a node of 'local': 3 of 3 busy, next in the queue."
    assert not machine.queue.take(machine.tx, late)
    assert machine.next() == []


def test_whose_workspace_holds_the_fewest_slots_is_next(machine: Machine) -> None:
    machine.job("runs", "A", "Running")
    many = [machine.job(f"a{number}", "A") for number in range(4)]
    few = [machine.job(f"b{number}", "B") for number in range(2)]
    # A holds one slot, so B's first job comes before all of A's; then they take turns, the older first.
    assert machine.ahead(*few) == [0, 2]
    assert machine.ahead(*many) == [1, 3, 4, 5]
    assert machine.next() == ["b0", "a0"]
    machine.move(few[0], "Preparing")
    assert machine.ahead(many[0], few[1]) == [0, 1]
    assert machine.next() == ["a0"]


def test_what_each_is_told_is_the_order_in_which_they_start(machine: Machine) -> None:
    waiting = [
        machine.job(f"{space}{number}".lower(), space) for number in range(5) for space in "ABC"[: 1 + number % 3]
    ]
    running: list[Record] = []
    while waiting:
        places = machine.ahead(*waiting)
        assert sorted(places) == list(range(len(waiting))), "everybody has a place of their own"
        first = waiting.pop(places.index(0))
        assert machine.next()[0] == first.id.name
        running.append(machine.move(first, "Running"))
        if len(running) == 3:
            machine.move(running.pop(0), "Completed")


def test_what_jobs_on_clusters_hold_is_taken_off_the_machine_up_to_the_last_slot(machine: Machine) -> None:
    first = machine.job("first")
    assert machine.queue.place(machine.tx, first).busy == 0
    machine.job("big", "B", "Running", target="cluster", nodes=2)
    assert machine.queue.place(machine.tx, first).busy == 2
    assert machine.queue.place(machine.tx, first).free
    machine.job("more", "C", "Running", target="cluster", nodes=5)
    assert machine.queue.place(machine.tx, first).free, "the last slot stays"
    machine.move(first, "Running")
    assert not machine.queue.place(machine.tx, machine.job("second")).free


def test_a_cluster_is_first_come_first_served_in_its_workspace_alone(machine: Machine) -> None:
    one, other = machine.job("one", "A", target="c"), machine.job("other", "B", target="c")
    two = machine.job("two", "A", target="c")
    assert machine.ahead(one, other, two) == [0, 0, 1]
    assert machine.ahead(replace(two, created_at=0)) == [0]


def test_a_long_line_costs_little_to_look_at(machine: Machine) -> None:
    waiting = [machine.job(f"w{number}", "AB"[number % 2]) for number in range(300)]
    statements: list[str] = []
    real = machine.tx.execute

    def counted(statement: Any, *given: Any, **more: Any) -> Any:
        statements.append(str(statement))
        return real(statement, *given, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine.tx, "execute", counted)
        machine.queue.place(machine.tx, waiting[150])
        machine.queue.next(machine.tx, Scope("sub", "shared", "A"), "local")
    assert len(statements) < 20


def test_a_job_that_wants_the_whole_machine_does_not_wait_for_clusters(machine: Machine) -> None:
    machine.job("on-cluster", "B", "Running", target="cluster")
    running = machine.job("running", "C", "Running")
    machine.job("large", "A", nodes=3)
    machine.job("small", "B")
    assert machine.next() == [], "what runs on the machine itself is waited for"
    machine.move(running, "Completed")
    assert machine.next() == ["large"]
