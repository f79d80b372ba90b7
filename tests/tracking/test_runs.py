"""Runs: begun, logged to, ended, deleted and brought back; and no workspace sees another's."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lazuli.schema.identity import Scope
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.store.database import Database
from lazuli.tracking import Tracking
from lazuli.tracking.inputs import DatasetInput, ModelLink
from lazuli.tracking.runs import PARENT_TAG, Run


def point(key: Any = "m", value: Any = 1.0, step: Any = 0, timestamp: Any = 1) -> dict[str, Any]:
    return {"key": key, "value": value, "step": step, "timestamp": timestamp}


def open_job(state: Database, tracking: Tracking, scope: Scope, job: str, **words: Any) -> Run:
    """The run of a job, made as the job is."""
    with state.write() as tx:
        tracking.runs.open_in(tx, scope, job, experiment="e", **words)
    return tracking.runs.get(scope, job)


def test_a_run_holds_what_was_logged(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope, name="first", user="ada", tags=[("a", "1")])
    tracking.metrics.log_batch(
        scope, run.id, [point(value=2.0, step=1), point(value=1.0)], [{"key": "p", "value": "x"}], [{"key": "t"}]
    )
    tracking.runs.log_inputs(
        scope, run.id, [DatasetInput("d", "1", "local", "{}", tags={"k": "v"})], [ModelLink("m-1", "output", 3)]
    )
    run = tracking.runs.update(scope, run.id, status="FINISHED", ended_at=99)
    assert (run.name, run.user, run.status, run.ended_at, run.lifecycle) == ("first", "ada", "FINISHED", 99, "active")
    assert (run.params, run.tags) == ({"p": "x"}, {"a": "1", "mlflow.runName": "first", "t": ""})
    assert [(m.key, m.value, m.step) for m in run.metrics] == [("m", 2.0, 1)]
    assert run.datasets == [DatasetInput("d", "1", "local", "{}", tags={"k": "v"})]
    assert run.models == [ModelLink("m-1", "output", 3)]
    assert [p.value for p in tracking.metrics.history(scope, run.id, "m")[0]] == [1.0, 2.0]


def test_who_listens_to_a_run_is_told_of_its_points_once_they_are_stored(tracking: Tracking, scope: Scope) -> None:
    run, quiet = tracking.runs.create(scope), tracking.runs.create(scope)
    told: list[tuple[str, float, int]] = []

    def listener(points: Any) -> None:
        stored = len(tracking.metrics.arrivals(scope, [run.id], "m")[run.id])
        told.extend((point.key, point.value, stored) for point in points)

    tracking.metrics.listen(scope, run.id, listener)
    tracking.metrics.log(scope, run.id, point(value=1.0))
    tracking.metrics.log_batch(scope, run.id, [point(value=2.0), point(value=3.0)])
    tracking.metrics.log(scope, quiet.id, point(value=9.0))
    logged = tracking.metrics.log_soon(scope, run.id, point(value=4.0), later=lambda do: do())
    assert logged is not None
    logged.result()
    assert told == [("m", 1.0, 1), ("m", 2.0, 3), ("m", 3.0, 3), ("m", 4.0, 4)]
    tracking.metrics.leave(scope, run.id)
    tracking.metrics.log(scope, run.id, point(value=5.0))
    assert len(told) == 4


def test_the_run_of_a_job_is_opened_once(state: Database, tracking: Tracking, scope: Scope, other: Scope) -> None:
    opened = open_job(state, tracking, scope, "train.1", name="Train", tags=[("job", "1")])
    assert (opened.id, opened.name, opened.status) == ("train.1", "Train", "SCHEDULED")
    assert opened.artifact_uri == "mlflow-artifacts:/ExperimentRun/dcid.train.1"
    tracking.runs.log(scope, "train.1", params=[("p", "1")])
    with pytest.raises(Conflict):
        open_job(state, tracking, scope, "train.1", name="Other")
    assert open_job(state, tracking, other, "train.1").params == {}
    tracking.metrics.log(other, "train.1", point())
    assert tracking.runs.get(scope, "train.1").metrics == []
    with pytest.raises(InvalidInput):
        open_job(state, tracking, scope, "../up")


def test_no_workspace_sees_the_runs_of_another(tracking: Tracking, scope: Scope, other: Scope) -> None:
    run = tracking.runs.create(scope)
    model = tracking.models.create(scope, run.experiment_id)
    for refused in (
        lambda: tracking.runs.get(other, run.id),
        lambda: tracking.runs.log(other, run.id, params=[("p", "1")]),
        lambda: tracking.runs.update(other, run.id, status="FAILED"),
        lambda: tracking.runs.delete(other, run.id),
        lambda: tracking.metrics.log(other, run.id, point()),
        lambda: tracking.metrics.history(other, run.id, "m"),
        lambda: tracking.metrics.sample(other, run.id, "m", 10),
        lambda: tracking.experiments.get(other, run.experiment_id),
        lambda: tracking.experiments.set_tags(other, run.experiment_id, [("a", "b")]),
        lambda: tracking.runs.create(other, run.experiment_id),
        lambda: tracking.models.get(other, model.id),
        lambda: tracking.models.set_tags(other, model.id, [("a", "b")]),
        lambda: tracking.models.delete(other, model.id),
    ):
        with pytest.raises(NotFound):
            refused()
    assert tracking.runs.search(other, [run.experiment_id])[0] == []
    assert tracking.models.search(other, [run.experiment_id])[0] == []


def test_a_workspace_is_the_same_in_any_case(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    assert tracking.runs.get(Scope("SUB", "Group", "MAIN"), run.id) == run


def test_a_parameter_never_changes(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    tracking.runs.log(scope, run.id, params=[("p", "1")])
    tracking.runs.log(scope, run.id, params=[("p", "1"), ("q", "2")])
    with pytest.raises(InvalidInput, match="Changing param values"):
        tracking.runs.log(scope, run.id, params=[("r", "3"), ("p", "other")], tags=[("t", "1")])
    with pytest.raises(InvalidInput, match="Duplicate"):
        tracking.runs.log(scope, run.id, params=[("s", "3"), ("s", "3")])
    found = tracking.runs.get(scope, run.id)
    assert (found.params, "t" in found.tags) == ({"p": "1", "q": "2"}, False)


@pytest.mark.parametrize(
    "metric",
    [
        point(key=None), point(key=""), point(key=["m"]), point(key={}), point(key="a\nb"), point(key="../up"),
        point(key="/m"), point(key="x" * 251), point(value=None), point(value="one"), point(value=True),
        point(value=[1]), point(step="x"), point(step=2**63), point(step=1.5), point(timestamp=None),
        point(timestamp=-1), point(timestamp=2**63), point(step=True),
    ],
)  # fmt: skip
def test_a_batch_with_a_mistake_leaves_no_trace(tracking: Tracking, scope: Scope, metric: dict[str, Any]) -> None:
    run = tracking.runs.create(scope)
    with pytest.raises(InvalidInput) as told:
        tracking.metrics.log_batch(scope, run.id, [point("good"), metric], [{"key": "p", "value": "1"}])
    assert told.value.code == "INVALID_PARAMETER_VALUE"
    found = tracking.runs.get(scope, run.id)
    assert (found.metrics, found.params) == ([], {})


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(1, 1.0), ("2.5", 2.5), ("NaN", math.nan), ("-Infinity", -math.inf), (10**400, math.inf), (-(10**400), -math.inf)],
    ids=["whole", "text", "nan", "infinity", "huge", "least"],
)
def test_numbers_are_read_as_protobuf_spells_them(tracking: Tracking, scope: Scope, sent: Any, stored: float) -> None:
    run = tracking.runs.create(scope)
    tracking.metrics.log(scope, run.id, point(value=sent, step="3", timestamp="7"))
    (found,) = tracking.metrics.history(scope, run.id, "m")[0]
    assert (found.step, found.timestamp) == (3, 7)
    assert found.value == stored or (math.isnan(stored) and math.isnan(found.value))


def test_the_limits_of_a_batch(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    many = [{"key": f"k{i}", "value": "v"} for i in range(101)]
    for words in (
        {"metrics": [point()] * 1001}, {"params": many}, {"tags": many},
        {"metrics": [point()] * 950, "params": many[:60]}, {"params": [{"key": "p", "value": "x" * 6001}]},
        {"tags": [{"key": "t", "value": "x" * 8001}]}, {"metrics": {}}, {"metrics": [7]}, {"params": "x"},
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            tracking.metrics.log_batch(scope, run.id, **words)
    tracking.metrics.log_batch(scope, run.id, [point(step=i) for i in range(900)], many[:50], many[:50])
    assert len(tracking.metrics.history(scope, run.id, "m")[0]) == 900


def test_a_deleted_run_takes_nothing_and_comes_back(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    tracking.runs.delete(scope, run.id)
    for refused in (
        lambda: tracking.metrics.log(scope, run.id, point()),
        lambda: tracking.runs.log(scope, run.id, tags=[("a", "b")]),
        lambda: tracking.runs.update(scope, run.id, status="FAILED"),
    ):
        with pytest.raises(InvalidInput, match="active"):
            refused()
    assert tracking.runs.search(scope, ["0"])[0] == []
    assert [one.id for one in tracking.runs.search(scope, ["0"], view="DELETED_ONLY")[0]] == [run.id]
    tracking.runs.restore(scope, run.id)
    assert [one.id for one in tracking.runs.search(scope, ["0"])[0]] == [run.id]


def test_name_and_name_tag_are_one(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope, tags=[("mlflow.runName", "tagged")])
    assert run.name == "tagged"
    tracking.runs.log(scope, run.id, tags=[("mlflow.runName", "changed")])
    assert tracking.runs.get(scope, run.id).name == "changed"
    assert tracking.runs.update(scope, run.id, name="last").tags["mlflow.runName"] == "last"
    with pytest.raises(InvalidInput, match="differ"):
        tracking.runs.create(scope, name="a", tags=[("mlflow.runName", "b")])


def test_nested_runs_are_found_from_their_parent(tracking: Tracking, scope: Scope) -> None:
    parent = tracking.runs.create(scope)
    children = [tracking.runs.create(scope, tags=[(PARENT_TAG, parent.id)]) for _ in range(2)]
    assert [one.id for one in tracking.runs.children(scope, parent.id)] == [one.id for one in children]


def test_history_is_read_in_pages(tracking: Tracking, scope: Scope) -> None:
    run = tracking.runs.create(scope)
    tracking.metrics.log_batch(scope, run.id, [point(value=float(i), step=i) for i in range(5)])
    read, page = [], ""
    while True:
        points, page = tracking.metrics.history(scope, run.id, "m", limit=2, page=page)
        read.append([one.value for one in points])
        if not page:
            break
    assert read == [[0.0, 1.0], [2.0, 3.0], [4.0]]
    for wrong in ("x", "WzFd", "é", "eyJhIjoxfQ=="):
        with pytest.raises(InvalidInput):
            tracking.metrics.history(scope, run.id, "m", limit=2, page=wrong)


def test_a_forgotten_workspace_leaves_nothing_and_takes_nothing_with_it(
    state: Database, tracking: Tracking, scope: Scope, other: Scope
) -> None:
    for one in (scope, other):
        open_job(state, tracking, one, "job", tags=[("t", "1")])
        tracking.metrics.log_batch(one, "job", [point()], [{"key": "p", "value": "1"}])
        made = tracking.models.create(one, tracking.experiments.ensure(one, "e"), name="m", tags=[("t", "1")])
        tracking.experiments.set_tags(one, made.experiment_id, [("t", "1")])
    tracking.forget(scope)
    tracking.forget(scope)
    assert [one.name for one in tracking.experiments.search(scope, view="ALL")[0]] == ["Default"]
    with pytest.raises(NotFound):
        tracking.runs.get(scope, "job")
    again = open_job(state, tracking, scope, "job")
    assert (again.params, again.metrics, "t" in again.tags) == ({}, [], False)
    kept = tracking.runs.get(other, "job")
    assert (kept.params, kept.tags["t"], len(kept.metrics)) == ({"p": "1"}, "1", 1)
    (experiment,) = tracking.experiments.search(other, text="name = 'e'")[0]
    assert experiment.tags == {"t": "1"}
    assert [one.tags for one in tracking.models.search(other, [experiment.id])[0]] == [{"t": "1"}]


def test_the_newest_metrics_of_a_run_that_is_not_there_are_none(tracking: Tracking, scope: Scope) -> None:
    assert list(tracking.metrics.newest(scope, "none")) == []
    run = tracking.runs.create(scope)
    tracking.metrics.log(scope, run.id, point(value=2.0, step=4))
    assert [(one.key, one.value, one.step) for one in tracking.metrics.newest(scope, run.id)] == [("m", 2.0, 4)]
