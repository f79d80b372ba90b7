"""The reconciler: whatever happens around it, every resource is moved to its end, each step once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import count, pairwise

import pytest
from sqlalchemy import Connection, insert, select, update
from tests.store.conftest import Place

from lazuli.schema.identity import ResourceId, Scope
from lazuli.store import reconciler as module
from lazuli.store import tables
from lazuli.store.clock import Clock, system_clock
from lazuli.store.database import Database
from lazuli.store.documents import Documents, Record
from lazuli.store.reconciler import LEASE_MS, PATIENCE, Reconciler, Step, terminal

SOON = 60  # seconds: far more than anything here takes; it is waited for only where a test fails
WORKSPACE = Scope("s", "g", "W")
ROAD = ("a", "b", "c", "d", "end")


class Road:
    """A lifecycle: from ``a`` to ``end``, or wherever ``plan`` says."""

    transitions: Mapping[str, frozenset[str]] = {
        **{here: frozenset({there, "failed"}) for here, there in pairwise(ROAD)},
        "end": frozenset(),
        "failed": frozenset(),
    }

    def __init__(self, plan: Callable[[Record], Step] | None = None) -> None:
        self.plan = plan or next_on_road
        self.seen: list[tuple[str, str]] = []
        self.entries: list[tuple[str, str]] = []
        self.waiting: dict[str, list[ResourceId]] = {}
        self.changed = threading.Condition()

    def advance(self, record: Record) -> Step:
        with self.changed:
            self.seen.append((record.id.name, record.status))
            self.changed.notify_all()
        return self.plan(record)

    def give_up(self, record: Record, error: Exception) -> Step:
        return Step("failed", {"error": str(error)})

    def entered(self, tx: Connection, record: Record) -> list[ResourceId]:
        with self.changed:
            self.entries.append((record.id.name, record.status))
            self.changed.notify_all()
        return self.waiting.get(record.status, [])

    def wait(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, timeout=SOON), (self.seen[-5:], self.entries[-5:])

    def looks(self, name: str) -> int:
        return sum(seen == name for seen, _ in self.seen)


def next_on_road(record: Record) -> Step:
    return Step(ROAD[ROAD.index(record.status) + 1])


class Hands:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


class World:
    """A database with resources in it, and reconcilers over it."""

    def __init__(self, place: Place) -> None:
        # Not durable: what a commit waits for is held in test_database.py, and these are many.
        url = place.url or f"sqlite:///{place.folder / 'state.db'}"
        self.database = Database(url, migrations="state", durable=False)
        self.documents = Documents(count(1_000_000).__next__)
        self._open: list[Reconciler] = []

    def reconciler(
        self, road: Road, clock: Clock = system_clock, workers: int = 4, timer: Clock | None = None
    ) -> Reconciler:
        both = {"clock": clock, "timer": timer or clock}
        made = Reconciler(self.database, self.documents, {"things": road}, workers=workers, **both)
        self._open.append(made)
        return made

    def add(self, by: Reconciler, *names: str, wake: bool = True) -> list[ResourceId]:
        ids = [ResourceId(WORKSPACE, "things", name) for name in names]
        with self.database.write() as tx:
            for id in ids:
                self.documents.add(tx, Record(id, {}, {}, status="a"), "me")
                by.enlist(tx, id)
        if wake:
            for id in ids:
                by.wake(id)
        return ids

    def get(self, id: ResourceId) -> Record:
        with self.database.read() as tx:
            return self.documents.get(tx, id)

    def leases(self) -> dict[str, str]:
        with self.database.read() as tx:
            return {row.resource_id: row.token for row in tx.execute(select(tables.lease))}

    def journal(self, id: ResourceId) -> list[str]:
        with self.database.read() as tx:
            return [entry.detail["to"] for entry in self.documents.journal(tx, id) if "to" in entry.detail]

    def abandon(self, reconciler: Reconciler) -> None:
        """As if its server had been killed: its loop ends and nothing is given back."""
        leases, holders = self.leases(), self.holders()
        reconciler.stop()
        with self.database.write() as tx:
            for key, token in leases.items():
                tx.execute(update(tables.lease).where(tables.lease.c.resource_id == key).values(token=token))
            for token, until in holders.items():
                tx.execute(insert(tables.holder).values(token=token, expires_at=until))

    def holders(self) -> dict[str, int]:
        with self.database.read() as tx:
            return {row.token: row.expires_at for row in tx.execute(select(tables.holder))}

    def close(self) -> None:
        for reconciler in self._open:
            reconciler.stop()
        self.database.close()


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    made = World(place)
    yield made
    made.close()


def test_the_ends_are_what_leads_nowhere() -> None:
    assert terminal(Road.transitions) == {"end", "failed"}


def test_a_resource_goes_all_the_way_and_its_lease_ends_with_it(world: World) -> None:
    road = Road()
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: ("One", "end") in road.entries)
    reconciler.stop()
    assert world.get(id).status == "end"
    assert world.journal(id) == ["b", "c", "d", "end"]
    assert world.leases() == {}


def test_hundreds_of_resources_take_every_step_once(world: World) -> None:
    road = Road()
    reconciler = world.reconciler(road, workers=8)
    names = [f"n{number}" for number in range(500 if world.database.is_sqlite else 100)]
    world.add(reconciler, *names)
    reconciler.start(alone=True)
    road.wait(lambda: sum(status == "end" for _, status in road.entries) == len(names))
    reconciler.stop()
    assert Counter(road.entries) == {(name, status): 1 for name in names for status in ROAD[1:]}
    assert Counter(road.seen) == {(name, status): 1 for name in names for status in ROAD[:-1]}
    assert world.leases() == {}


def test_a_wake_during_work_is_not_lost_even_in_the_same_millisecond(world: World) -> None:
    news = threading.Event()
    at_work, go_on = threading.Event(), threading.Event()

    def plan(record: Record) -> Step:
        if news.is_set():
            return Step("failed")
        at_work.set()
        assert go_on.wait(SOON)  # what was read by now is old when this step ends
        return Step(again_ms=3_600_000)

    road = Road(plan)
    reconciler = world.reconciler(road, clock=Hands())
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    assert at_work.wait(SOON)
    news.set()
    reconciler.wake(id)
    go_on.set()
    road.wait(lambda: ("One", "failed") in road.entries)


def test_a_wake_brings_forward_what_was_due_later(world: World) -> None:
    road = Road(lambda record: Step(again_ms=3_600_000))
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    for looks in range(1, 5):
        road.wait(lambda looks=looks: road.looks("One") == looks)
        settle(reconciler)
        reconciler.wake(id)


def settle(reconciler: Reconciler) -> None:
    """Wait until nothing is being worked on."""
    done = threading.Event()
    while reconciler._working:
        done.wait(0.001)


def test_what_waits_for_a_change_is_woken_after_the_commit(world: World) -> None:
    def plan(record: Record) -> Step:
        if record.id.name == "First":
            return next_on_road(record)
        if world.get(first).status == "end":
            return Step("failed")
        return Step(again_ms=3_600_000)

    road = Road(plan)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    first = ResourceId(WORKSPACE, "things", "First")
    road.waiting = {"end": [ResourceId(WORKSPACE, "things", "Second")]}
    with world.database.write() as tx:
        world.documents.add(tx, Record(first, {}, {}, status="a"), "me")
        reconciler.enlist(tx, first)
    world.add(reconciler, "Second")
    road.wait(lambda: road.looks("Second") == 1)
    settle(reconciler)
    reconciler.wake(first)
    road.wait(lambda: ("Second", "failed") in road.entries)


def test_a_lease_that_nobody_woke_is_found_by_the_scan(world: World) -> None:
    road, clock = Road(), Hands()
    reconciler = world.reconciler(road, clock)
    reconciler.start(alone=True)
    [busy] = world.add(reconciler, "Busy")
    road.wait(lambda: ("Busy", "end") in road.entries)
    world.add(reconciler, "Forgotten", wake=False)
    clock.now += module.SCAN_MS
    reconciler.wake(busy)  # only to let the loop look at its clock
    road.wait(lambda: ("Forgotten", "end") in road.entries)


def test_a_step_whose_guard_fails_is_asked_for_again(world: World) -> None:
    answers = iter([False, False, True])
    road = Road(lambda record: Step("failed", guard=lambda tx: next(answers)))
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: ("One", "failed") in road.entries)
    reconciler.stop()
    assert road.looks("One") == 3
    assert world.journal(id) == ["failed"]


def test_a_change_from_outside_during_work_makes_the_step_void(world: World) -> None:
    def plan(record: Record) -> Step:
        if "canceled" in record.state:
            return Step("failed", {"saw": True})
        with world.database.write() as tx:
            world.documents.change(tx, record, "user", state={"canceled": True})
        return Step("b", {"saw": False})

    road = Road(plan)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: bool(road.entries))
    assert road.entries == [("One", "failed")]
    reconciler.stop()
    assert world.get(id).state == {"canceled": True, "saw": True}


def test_facts_are_added_and_nothing_is_written_where_nothing_changes(world: World) -> None:
    looks = iter([Step(state={"x": 1}), Step(state={"y": 2}), Step(state={"y": 2}), Step("failed")])
    road = Road(lambda record: next(looks))
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: bool(road.entries))
    reconciler.stop()
    assert world.get(id).state == {"x": 1, "y": 2}
    assert world.get(id).etag == 4  # added, x, y, failed


def test_only_the_server_with_the_lease_moves_a_resource(world: World) -> None:
    one, other = Road(lambda record: Step(again_ms=3_600_000)), Road()
    first, second = world.reconciler(one), world.reconciler(other)
    first.start(alone=False)
    second.start(alone=False)
    [id] = world.add(first, "One")
    one.wait(lambda: one.looks("One") == 1)
    second.wake(id)
    [probe] = world.add(second, "Probe")
    other.wait(lambda: ("Probe", "end") in other.entries)
    settle(second)
    assert other.looks("One") == 0
    assert world.get(id).status == "a"
    assert world.get(probe).status == "end"


def test_a_server_whose_lease_was_taken_meanwhile_changes_nothing(world: World) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def slow(record: Record) -> Step:
        at_work.set()
        assert go_on.wait(SOON)
        return Step("failed", {"by": "the slow one"})

    one, other = Road(slow), Road()
    late = Hands()
    late.now = system_clock() + LEASE_MS + 1_000
    first, second = world.reconciler(one), world.reconciler(other, clock=late)
    first.start(alone=False)
    [id] = world.add(first, "One")
    assert at_work.wait(SOON)
    second.start(alone=False)  # by its clock the first has not renewed its lease
    other.wait(lambda: ("One", "end") in other.entries)
    go_on.set()
    first.stop()
    second.stop()
    assert one.entries == []
    assert world.journal(id) == ["b", "c", "d", "end"]
    assert "by" not in world.get(id).state


def test_a_server_that_lost_its_lease_stops_looking(world: World) -> None:
    clock = Hands()
    road = Road(lambda record: Step(again_ms=100))
    reconciler = world.reconciler(road, clock)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: road.looks("One") == 1)
    settle(reconciler)
    with world.database.write() as tx:
        tx.execute(update(tables.lease).values(token="somebody else"))
        tx.execute(insert(tables.holder).values(token="somebody else", expires_at=clock.now + 10 * LEASE_MS))
    clock.now += 100
    reconciler.wake(id)
    settle_after(reconciler, id.key)
    assert road.looks("One") == 1


def settle_after(reconciler: Reconciler, key: str) -> None:
    """Wait until a resource is looked after no more."""
    done = threading.Event()
    for _ in range(SOON * 1000):
        if key not in reconciler._due:
            return
        done.wait(0.001)
    raise AssertionError(f"{key} is still looked after")


def test_a_lease_of_a_living_server_is_renewed(world: World) -> None:
    clock = Hands()
    road = Road(lambda record: Step(again_ms=3_600_000))
    reconciler = world.reconciler(road, clock)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: road.looks("One") == 1)
    before = world.holders()[reconciler._me]
    clock.now += module.RENEW_MS
    for looks in (2, 3):  # by the third look the loop has gone round with the new time
        settle(reconciler)
        reconciler.wake(id)
        road.wait(lambda looks=looks: road.looks("One") == looks)
    assert world.holders() == {reconciler._me: before + module.RENEW_MS}


def test_a_clock_set_back_keeps_nothing_waiting(world: World) -> None:
    clock, timer = Hands(), Hands()
    clock.now = system_clock()
    road = Road(lambda record: Step(again_ms=100) if road.looks("One") < 3 else Step("failed"))
    reconciler = world.reconciler(road, clock, timer=timer)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: road.looks("One") == 1)
    for looks in (2, 3):
        settle(reconciler)
        clock.now -= 3_600_000
        timer.now += 100
        reconciler.wake(ResourceId(WORKSPACE, "things", "Nobody"))  # only to let the loop look at its timer
        road.wait(lambda looks=looks: road.looks("One") == looks)
    road.wait(lambda: ("One", "failed") in road.entries)
    settle(reconciler)
    world.add(reconciler, "Late", wake=False)
    timer.now += module.SCAN_MS  # what was due by the old clock an hour from now
    reconciler.wake(ResourceId(WORKSPACE, "things", "Nobody"))
    road.wait(lambda: ("Late", "failed") in road.entries)
    assert world.get(id).status == "failed"


def test_a_lease_lost_in_the_same_number_is_seen_by_a_full_scan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY", 0)
    clock = Hands()
    road = Road(lambda record: Step(again_ms=3_600_000))
    reconciler = world.reconciler(road, clock)
    reconciler.start(alone=True)
    [lost] = world.add(reconciler, "Lost")
    road.wait(lambda: road.looks("Lost") == 1)
    settle(reconciler)
    with world.database.write() as tx:
        tx.execute(update(tables.lease).values(token="somebody else"))
        tx.execute(insert(tables.holder).values(token="somebody else", expires_at=clock.now + 10 * LEASE_MS))
    world.add(reconciler, "Found", wake=False)
    for _ in range(SOON * 200):
        clock.now += module.SCAN_MS
        reconciler.wake(ResourceId(WORKSPACE, "things", "Nobody"))
        if road.looks("Found"):
            break
        threading.Event().wait(0.005)
    assert road.looks("Found") == 1
    settle_after(reconciler, lost.key)


def test_a_killed_server_started_again_goes_on_at_once(world: World) -> None:
    one = Road(lambda record: next_on_road(record) if record.status != "c" else Step(again_ms=3_600_000))
    first = world.reconciler(one)
    first.start(alone=True)
    [id] = world.add(first, "One")
    one.wait(lambda: ("One", "c") in one.seen)
    settle(first)
    world.abandon(first)
    assert list(world.leases().values()) == [first._me]

    other = Road()
    second = world.reconciler(other)
    second.start(alone=True)
    other.wait(lambda: ("One", "end") in other.entries)
    second.stop()
    assert world.journal(id) == ["b", "c", "d", "end"]


def test_leases_of_kinds_that_are_not_known_here_are_left_alone(world: World) -> None:
    with world.database.write() as tx:
        tx.execute(insert(tables.lease).values(resource_id="/x", kind="newer", token=""))
    road = Road()
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    world.add(reconciler, "One")
    road.wait(lambda: ("One", "end") in road.entries)
    reconciler.stop()
    assert world.leases() == {"/x": ""}


def failing(record: Record) -> Step:
    raise OSError("the disk is on fire")


def jumping(record: Record) -> Step:
    return Step("end")  # from 'a' that is not allowed


@pytest.mark.parametrize("plan", [failing, jumping])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_fails_again_and_again_is_given_up(
    world: World, plan: Callable[[Record], Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_MS", 0)
    road = Road(plan)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: ("One", "failed") in road.entries)
    assert road.looks("One") == PATIENCE
    reconciler.stop()
    assert world.get(id).state["error"] in ("the disk is on fire", "things cannot go from a to end")
    assert world.leases() == {}


def test_a_failed_step_is_tried_again_after_a_while_and_later_each_time(world: World) -> None:
    clock = Hands()
    road = Road(lambda record: failing(record) if record.id.name == "One" else Step(again_ms=3_600_000))
    reconciler = world.reconciler(road, clock)
    reconciler.start(alone=True)
    probe = world.add(reconciler, "One", "Probe")[1]
    for looks, pause in ((1, 2), (2, 4), (3, 8)):
        road.wait(lambda looks=looks: road.looks("One") == looks)
        settle(reconciler)
        clock.now += pause * module.RETRY_MS - 1
        go_round(road, reconciler, probe)
        assert road.looks("One") == looks
        clock.now += 1
        reconciler.wake(probe)


def go_round(road: Road, reconciler: Reconciler, probe: ResourceId) -> None:
    """Let the loop look at its clock, and see that it did: what is due now is then in work or done."""
    for _ in range(2):
        settle(reconciler)
        before = road.looks(probe.name)
        reconciler.wake(probe)
        road.wait(lambda before=before: road.looks(probe.name) > before)
    settle(reconciler)


def test_one_that_recovers_is_not_given_up_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_MS", 0)
    tries = Counter[str]()

    def shaky(record: Record) -> Step:
        tries[record.status] += 1
        return next_on_road(record) if tries[record.status] == PATIENCE - 1 else failing(record)

    road = Road(shaky)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: ("One", "end") in road.entries)
    reconciler.stop()
    assert world.journal(id) == ["b", "c", "d", "end"]


def test_a_failure_while_entering_leaves_nothing_half_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_MS", 0)

    class Stumbling(Road):
        stumbles = 1

        def entered(self, tx: Connection, record: Record) -> list[ResourceId]:
            if record.status == "b" and self.stumbles:
                self.stumbles -= 1
                raise OSError("no")
            return super().entered(tx, record)

    road = Stumbling()
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    road.wait(lambda: ("One", "end") in road.entries)
    reconciler.stop()
    assert world.journal(id) == ["b", "c", "d", "end"]


def test_a_resource_deleted_during_work_is_forgotten(world: World) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def plan(record: Record) -> Step:
        at_work.set()
        assert go_on.wait(SOON)
        return Step("b")

    road = Road(plan)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    assert at_work.wait(SOON)
    with world.database.write() as tx:
        world.documents.remove(tx, world.documents.get(tx, id), "user")
    go_on.set()
    settle_after(reconciler, id.key)
    assert road.entries == []
    assert world.leases() == {}


def test_a_resource_made_again_under_the_same_name_during_work_is_moved(world: World) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def plan(record: Record) -> Step:
        if record.body.get("again"):
            return next_on_road(record)
        at_work.set()
        assert go_on.wait(SOON)
        return Step("failed")

    road = Road(plan)
    reconciler = world.reconciler(road)
    reconciler.start(alone=True)
    [id] = world.add(reconciler, "One")
    assert at_work.wait(SOON)
    with world.database.write() as tx:
        world.documents.remove(tx, world.documents.get(tx, id), "user")
        world.documents.add(tx, Record(id, {"again": True}, {}, status="a"), "user")
        reconciler.enlist(tx, id)
    reconciler.wake(id)
    go_on.set()
    road.wait(lambda: bool(road.entries) and road.entries[-1][1] in ("end", "failed"))
    reconciler.stop()
    assert world.get(id).body == {"again": True}


def test_stop_waits_for_the_work_in_progress_and_gives_leases_back(world: World) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def plan(record: Record) -> Step:
        at_work.set()
        assert go_on.wait(SOON)
        return Step("b")

    road = Road(plan)
    reconciler = world.reconciler(road, workers=1)
    reconciler.start(alone=True)
    ids = world.add(reconciler, "One", "Two", "Three")
    assert at_work.wait(SOON)
    stopping = threading.Thread(target=reconciler.stop)
    stopping.start()
    while not reconciler._stopping:
        threading.Event().wait(0.001)
    assert stopping.is_alive()
    assert all(world.leases().values())
    go_on.set()
    stopping.join(SOON)
    assert not stopping.is_alive()
    assert len(road.entries) == 1, "what was in progress is applied, what only waited for a worker is not begun"
    assert sorted(world.get(id).status for id in ids) == ["a", "a", "b"]
    assert set(world.leases().values()) == {""}


def test_stop_may_come_twice_or_without_a_start(world: World) -> None:
    reconciler = world.reconciler(Road())
    world.add(reconciler, "One")
    reconciler.stop()
    reconciler.stop()
    assert list(world.leases().values()) == [""]
