"""First come, first served, and why a job waits."""

from __future__ import annotations

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict


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
