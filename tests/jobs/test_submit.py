"""What a submit settles, what it refuses, and that a refusal leaves nothing behind."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.jobs.place import PYTHON, Place

from lazuli.schema.problems import Conflict, InvalidInput, Problem, Unsupported
from lazuli.store import tables


def left(place: Place, name: str) -> dict[str, int]:
    """How many rows a submit of that name has left, and how many experiments there are."""
    named = {table.name: column.like(f"%/{name}") for table, column in _NAMED}
    with place.platform.store.state.read() as tx:
        counts = {
            table.name: tx.execute(select(func.count()).select_from(table).where(named[table.name])).scalar_one()
            for table, _ in _NAMED
        }
        return counts | {"experiment": tx.execute(select(func.count()).select_from(tables.experiment)).scalar_one()}


_NAMED = (
    (tables.resource, tables.resource.c.id),
    (tables.lease, tables.lease.c.resource_id),
    (tables.journal, tables.journal.c.resource_id),
    (tables.run, tables.run.c.id),
    (tables.tag, tables.tag.c.owner_id),
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"environment": None}, "'environment' is required"),
        ({"environment": "azureml:nobody:1"}, "does not exist"),
        ({"environment": "azureml:plain:9"}, "9"),
        ({"compute": "azureml:nowhere"}, "does not exist"),
        ({"code": "./src"}, "local path"),
        ({"inputs": {"x": {"path": "azureml:nothing:1"}}}, "does not exist"),
        ({"inputs": {"x": {"path": "azureml://datastores/workspaceblobstore/paths/nowhere"}}}, "Nothing lies"),
        ({"inputs": {"../x": {"path": "azureml:nothing:1"}}}, "input name"),
        ({"outputs": {"o": {"path": "/tmp/x"}}}, "not a place"),
        ({"outputs": {"o": {"path": "azureml://datastores/none/paths/x"}}}, "none"),
        ({"outputs": {"o": {"path": "azureml://datastores/workspaceblobstore/paths/${{who}}"}}}, "who"),
        ({"outputs": {"../o": {}}}, "output name"),
        ({"outputs": {"o": {"name": "../up"}}}, "asset name"),
        ({"resources": {"instance_count": 1000}}, "1000 nodes"),
        ({"distribution": {"type": "ray"}}, "Ray"),
        ({"experiment_name": ""}, "xperiment"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(place: Place, said: dict[str, Any], told: str) -> None:
    before = left(place, "refused")
    with pytest.raises((InvalidInput, Unsupported)) as refused:
        place.submit("refused", **{"experiment_name": "of the refused", **said})
    assert told in str(refused.value)
    assert left(place, "refused") == before


def test_a_name_that_is_taken_is_refused_whatever_else_it_asks_for(place: Place) -> None:
    place.run("taken", "echo 1")
    before = left(place, "taken")
    for other in ({"command": "echo 2"}, {"inputs": {"x": "1"}}, {"environment_variables": {"A": "1"}}):
        with pytest.raises(Conflict, match="Submit it under another name"):
            place.submit("taken", **{"command": "echo 1", **other})
    assert left(place, "taken") == before


def test_a_name_that_mlflow_would_not_take_is_refused(place: Place) -> None:
    with pytest.raises(InvalidInput, match=r"'v1\.2' cannot be a job name\. .*MLflow takes no dot"):
        place.submit("v1.2")


def test_of_many_who_submit_one_name_at_once_one_wins(place: Place) -> None:
    barrier, refused = threading.Barrier(4), []

    def submit(number: int) -> None:
        barrier.wait()
        try:
            place.submit("raced", f"echo {number}")
        except Problem as problem:
            refused.append(problem)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(problem) for problem in refused] == [Conflict] * 3
    place.until("raced", "Completed")
    assert len(place.log("raced").splitlines()) == 1


def test_a_crash_between_the_job_and_its_run_leaves_neither(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    before = left(place, "crashed")

    def crash(*_: object) -> None:
        raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(place.platform.reconciler, "enlist", crash)
        with pytest.raises(RuntimeError, match="crash"):
            place.submit("crashed", experiment_name="never")
    assert left(place, "crashed") == before
    place.run("crashed")


def test_latest_is_settled_when_the_job_is_submitted(place: Place) -> None:
    for version, text in (("1", "old"), ("2", "new")):
        path = place.upload(f"pinned/{version}.txt", text)
        place.put("data", "pinned", version, type="uri_file", path=path)
        place.put("environment", "moving", version, image=PYTHON, tags={"n": version})
    place.put("compute", "gate", type="amlcompute", max_instances=1)
    place.submit("gatekeeper", "sleep 60", compute="azureml:gate")
    given = {"x": {"type": "uri_file", "path": "azureml:pinned@latest"}}
    place.submit(
        "pinned", "cat ${{inputs.x}}", inputs=given, environment="azureml:moving@latest", compute="azureml:gate"
    )
    place.put("data", "pinned", "3", type="uri_file", path=place.upload("pinned/3.txt", "newest"))
    place.cancel("gatekeeper")
    record = place.until("pinned", "Completed")
    assert place.log("pinned") == "new"
    assert (record.body["environment"], record.body["inputs"]["x"]["path"]) == ("azureml:moving:2", "azureml:pinned:2")


def test_a_job_in_a_deleted_experiment_is_refused_until_it_is_restored(place: Place) -> None:
    place.run("in-trash", experiment_name="trash")
    experiments, before = place.platform.tracking.experiments, left(place, "in-trash2")
    experiments.delete(place.scope, place.tracked("in-trash").experiment_id)
    with pytest.raises(InvalidInput, match="'trash' is deleted"):
        place.submit("in-trash2", experiment_name="trash")
    assert left(place, "in-trash2") == before
    experiments.restore(place.scope, place.platform.tracking.experiments.get_by_name(place.scope, "trash").id)
    place.run("in-trash2", experiment_name="trash")


def test_two_outputs_cannot_become_one_version(place: Place) -> None:
    said = {name: {"type": "uri_file", "name": "same", "version": "1"} for name in ("a", "b")}
    with pytest.raises(InvalidInput, match="Leave 'version' out"):
        place.submit("same-version", outputs=said)


def test_words_may_change_and_the_work_may_not(place: Place) -> None:
    place.run("words", "echo 1")
    place.submit("words", "echo 1", display_name="Better words", tags={"a": "b"})
    record = place.get("words")
    assert (record.body["display_name"], record.body["tags"]) == ("Better words", {"a": "b"})
    assert record.status == "Completed"
