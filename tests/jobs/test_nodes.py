"""Nodes come when jobs need them, go when they idle, are taken away, and cost what they cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.jobs.place import Place, opened

from lazuli.compute.contract import until
from lazuli.compute.targets import Targets
from lazuli.jobs.usage import Usage, note_spent
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.store.documents import Record


def targets(place: Place) -> Targets:
    found = place.platform.shelves["compute"]
    assert isinstance(found, Targets)
    return found


def compute(place: Place, name: str) -> ResourceId:
    return ResourceId(place.scope, "computes", name)


def shown(place: Place, name: str) -> Any:
    return targets(place).get(compute(place, name)).state


def states(place: Place, name: str) -> list[str]:
    return [node.state.value for node in targets(place).list_nodes(compute(place, name))]


def test_a_cluster_scales_from_zero_to_what_its_jobs_need_and_back(place: Place) -> None:
    place.put("compute", "tide", max_instances=3, idle_time_before_scale_down=1)
    assert states(place, "tide") == []
    for number in range(2):
        place.submit(f"tide{number}", "sleep 60", compute="azureml:tide")
    for number in range(2):
        place.until(f"tide{number}", "Running")
    assert states(place, "tide") == ["running", "running"]
    jobs = {node.job for node in targets(place).list_nodes(compute(place, "tide"))}
    assert jobs == {"tide0", "tide1"}
    facts = shown(place, "tide")
    assert (facts["nodes_busy"], facts["nodes_wanted"], facts["allocation_state"]) == (2, 2, "Steady")
    for number in range(2):
        place.cancel(f"tide{number}")
    until(lambda: states(place, "tide") == ["idle", "idle"], "idle nodes")
    until(lambda: states(place, "tide") == [], "no nodes")
    assert shown(place, "tide")["nodes_allocated"] == 0


def test_a_node_that_is_there_is_used_again(place: Place) -> None:
    place.put("compute", "reuse", max_instances=4, idle_time_before_scale_down=600)
    for number in range(3):
        place.run(f"reuse{number}", compute="azureml:reuse")
    assert states(place, "reuse") == ["idle"]


def test_nodes_that_are_always_kept_are_there_and_no_more_than_said_now(place: Place) -> None:
    place.put("compute", "kept", min_instances=2, idle_time_before_scale_down=0)
    until(lambda: states(place, "kept") == ["idle", "idle"], "two nodes")
    place.put("compute", "kept", min_instances=1, idle_time_before_scale_down=0)
    until(lambda: states(place, "kept") == ["idle"], "one node")
    place.put("compute", "kept", min_instances=3, idle_time_before_scale_down=0)
    until(lambda: states(place, "kept") == ["idle"] * 3, "three nodes")
    assert targets(place).delete(compute(place, "kept"), place.actor)
    place.put("compute", "kept")
    until(lambda: states(place, "kept") == [], "nodes that have left")


def test_more_jobs_than_nodes_never_share_one(place: Place) -> None:
    place.put("compute", "pair", max_instances=2)
    for number in range(6):
        place.submit(f"pair{number}", "date +%s.%N; sleep 0.1; date +%s.%N", compute="azureml:pair")
    spans = []
    for number in range(6):
        place.until(f"pair{number}", "Completed")
        spans.append([float(moment) for moment in place.log(f"pair{number}").split()])
    for begin, _ in spans:
        assert sum(one <= begin < end for one, end in spans) <= 2
    assert len(states(place, "pair")) <= 2


def test_a_job_whose_node_is_taken_away_is_queued_again_and_says_so(place: Place) -> None:
    place.put("compute", "cheap", tier="low_priority", max_instances=1)
    marker = Path(place.platform.store.settings.data_dir) / "taken"
    first = f"echo first; mkdir -p outputs; echo x > outputs/first; touch {marker}; sleep 60"
    command = f"if test -e {marker}; then echo second; else {first}; fi"
    place.submit("victim", command, compute="azureml:cheap")
    place.until("victim", "Running")
    until(marker.exists, "the first attempt")
    (node,) = targets(place).list_nodes(compute(place, "cheap"))
    assert place.platform.preemption.preempt(compute(place, "cheap"), node.name, place.actor) == "victim"
    record = place.until("victim", "Completed")
    assert place.log("victim") == "second\n"
    assert record.state["attempt"] == 2
    assert node.name in record.state["retried"]
    assert not any("first" in name for name in place.artifacts("victim"))
    until(lambda: node.name not in {n.name for n in targets(place).list_nodes(compute(place, "cheap"))}, "it is gone")
    with pytest.raises(NotFound, match="has no node"):
        place.platform.preemption.preempt(compute(place, "cheap"), node.name, place.actor)


def test_a_job_is_not_begun_again_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazuli.jobs.lifecycle.MOST_ATTEMPTS", 2)
    place.put("compute", "rough", tier="low_priority", max_instances=1)
    place.submit("sisyphus", "sleep 60", compute="azureml:rough")
    for attempt in (1, 2):
        until(lambda n=attempt: place.get("sisyphus").state.get("attempt", 1) == n, "the attempt")
        place.until("sisyphus", "Running")
        (node,) = [n for n in targets(place).list_nodes(compute(place, "rough")) if n.usable]
        place.platform.preemption.preempt(compute(place, "rough"), node.name, place.actor)
        until(lambda n=attempt: place.get("sisyphus").state.get("attempt", 1) != n or n == 2, "a move")
    record = place.until("sisyphus", "Failed")
    assert record.state["error"]["code"] == "Preempted"


def test_a_dedicated_node_is_not_taken_away(place: Place) -> None:
    place.put("compute", "firm", min_instances=1)
    (node,) = targets(place).list_nodes(compute(place, "firm"))
    with pytest.raises(Conflict, match="dedicated"):
        place.platform.preemption.preempt(compute(place, "firm"), node.name, place.actor)


def test_an_instance_runs_a_job_while_it_runs_and_keeps_it_waiting_while_stopped(place: Place) -> None:
    place.put("compute", "desk", type="computeinstance")
    until(lambda: shown(place, "desk")["state"] == "Running", "it runs")
    place.run("at-desk", compute="azureml:desk")
    targets(place).stop_instance(compute(place, "desk"), place.actor)
    until(lambda: shown(place, "desk")["state"] == "Stopped", "it is stopped")
    place.submit("patient", compute="azureml:desk")
    until(lambda: "is stopped. Start it" in (place.get("patient").state.get("status_reason") or ""), "a reason")
    assert place.get("patient").status == "Queued"
    targets(place).start_instance(compute(place, "desk"), place.actor)
    place.until("patient", "Completed")


def test_an_instance_is_not_stopped_or_deleted_under_a_job(place: Place) -> None:
    place.put("compute", "seat", type="computeinstance")
    place.submit("sitting", "sleep 60", compute="azureml:seat")
    place.until("sitting", "Running")
    shelf, id = targets(place), compute(place, "seat")
    for act in (shelf.stop_instance, shelf.restart_instance, shelf.delete):
        with pytest.raises(Conflict):
            act(id, place.actor)
    place.cancel("sitting")
    place.until("sitting", "Canceled")
    (before,) = shelf.list_nodes(id)
    shelf.restart_instance(id, place.actor)
    until(lambda: states(place, "seat") == ["idle"], "it runs again")
    assert shelf.list_nodes(id)[0].name != before.name


def test_an_idle_instance_stops_itself(tmp_path: Path) -> None:
    moved = [0]
    with opened(tmp_path, clock=lambda: int(time.time() * 1000) + moved[0]) as place:
        place.put("compute", "nap", type="computeinstance", idle_time_before_shutdown_minutes=15)
        until(lambda: shown(place, "nap")["state"] == "Running", "it runs")
        moved[0] = 15 * 60_000 - 300  # the reconciler sleeps by the real clock: wake it just before
        for node in targets(place).list_nodes(ResourceId(place.scope, "computes", "nap")):
            place.platform.reconciler.wake(ResourceId(place.scope, "nodes", node.name))
        until(lambda: shown(place, "nap")["state"] == "Stopped", "it stopped")
        assert shown(place, "nap")["last_operation"]["operationTrigger"] == "IdleShutdown"


@pytest.fixture(scope="module")
def dear(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A platform on which an hour of a node costs 3600: a second costs 1."""
    with opened(tmp_path_factory.mktemp("dear"), prices="Standard_DS3_v2=3600, local=7200") as place:
        yield place


def test_cost_adds_up_by_job_compute_and_tag(dear: Place) -> None:
    dear.put("compute", "paid", max_instances=1, idle_time_before_scale_down=600)
    dear.run("one", "sleep 0.2", compute="azureml:paid", tags={"team": "red"})
    dear.run("two", "sleep 0.2", compute="azureml:paid", tags={"team": "red", "kind": "b"})
    dear.run("three", "true")
    usage = Usage(dear.platform.store, targets(dear))
    jobs = {spent.name: spent for spent in usage.by(dear.scope, "job")}
    assert set(jobs) == {"one", "two", "three"}
    assert jobs["one"].node_seconds >= 0.2
    assert jobs["one"].cost == pytest.approx(jobs["one"].node_seconds, abs=1e-3)
    assert jobs["three"].cost == pytest.approx(2 * jobs["three"].node_seconds, abs=1e-3)
    tags = {spent.name: spent for spent in usage.by(dear.scope, "tag")}
    assert tags["team=red"].cost == pytest.approx(jobs["one"].cost + jobs["two"].cost)
    assert tags["kind=b"].jobs == 1 and tags["(no tag)"].jobs == 1
    computes = {spent.name: spent for spent in usage.by(dear.scope, "compute")}
    assert computes["paid"].cost >= jobs["one"].cost + jobs["two"].cost - 0.01, "idle nodes cost as well"
    assert computes["paid"].jobs == 2
    assert computes["local"].cost == pytest.approx(jobs["three"].cost)
    assert dear.get("one").state["cost"] == jobs["one"].cost
    assert usage.by(dear.scope, "job", since_ms=1 << 60) == []
    with pytest.raises(InvalidInput, match="nothing to add up by"):
        usage.by(dear.scope, "colour")


def test_many_small_costs_add_up_exactly(dear: Place) -> None:
    space = replace(dear.scope, workspace="Many")
    there = Place(dear.platform, space, dear.actor)
    there.put("workspace", "")
    documents, state = dear.platform.store.documents, dear.platform.store.state
    number = 2_000
    with state.write() as tx:
        added: list[Record] = []
        for n in range(number):
            used = {"target": "local", "node_seconds": 0.1, "cost": 0.000001}
            tags = {"team": "red" if n % 2 else "blue"} if n % 10 else {}
            record = Record(ResourceId(space, "jobs", f"j{n}"), {"tags": tags}, used, status="Completed")
            added.append(documents.add(tx, record, "me"))
        for record in [*added, added[0]]:  # told twice, noted once
            note_spent(tx, record)
    usage = Usage(dear.platform.store, targets(dear))
    [local] = usage.by(space, "compute")
    assert (local.name, local.node_seconds, local.cost, local.jobs) == ("local", 200.0, 0.002, number)
    assert {(s.name, s.jobs) for s in usage.by(space, "tag")} == {
        ("team=red", 1000),
        ("team=blue", 800),
        ("(no tag)", 200),
    }
    assert len(usage.by(space, "job")) == number
    with state.write() as tx:
        documents.remove(tx, added[0], "me")
    assert usage.by(space, "compute")[0].jobs == number - 1
    dear.platform.shelves["workspace"].delete(ResourceId(space), dear.actor)
    there.put("workspace", "")
    assert usage.by(space, "compute") == []
