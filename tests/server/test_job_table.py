"""The table of jobs over HTTP: filters, orders, pages, what is logged meanwhile, and the words for filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served

from lazuli.jobs.table.question import ask
from lazuli.jobs.table.rows import JobTable
from lazuli.schema.identity import ResourceId
from lazuli.schema.words import moment
from lazuli.store.documents import Record

SPACE = WS.rpartition("/")[0] + "/table"
HERE = replace(SCOPE, workspace="table")
DAY = 86_400_000
BEGAN = 1_790_000_000_000


def made(served: Served, name: str, status: str, parent: str = "", **body: Any) -> None:
    """A job with its run, as the store keeps them."""
    store, runs = served.platform.store, served.platform.tracking.runs
    said = {"command": "true", "compute": "azureml:cpu", **body}
    state: dict[str, Any] = {"target": "cpu", "user": "me"}
    if status in ("Completed", "Failed"):
        state |= {"start_time": moment(BEGAN), "end_time": moment(BEGAN + 1000 * (len(name) + 1))}
    with store.state.write() as tx:
        record = Record(ResourceId(HERE, "jobs", name), said, state, status=status, parent=parent)
        store.documents.add(tx, record, "me")
        runs.open_in(
            tx, HERE, name, experiment=said.get("experiment_name", "Default"), tags=[*body.get("tags", {}).items()]
        )


@pytest.fixture(scope="module")
def table(served: Served) -> Iterator[httpx.Client]:
    assert served.admin.put(SPACE, json={"location": "here", "properties": {}}).status_code == 201
    made(served, "a", "Completed", experiment_name="Vision", display_name="ResNet one", tags={"team": "red"})
    made(served, "b", "Failed", experiment_name="Vision", display_name="resnet two", tags={"team": "blue"})
    made(served, "c", "Completed", experiment_name="Words", tags={"team": "red", "best": "yes"})
    made(served, "d", "Completed", type="sweep", compute=None)
    made(served, "d-1", "Completed", parent="d")
    made(served, "d-2", "Failed", parent="d")
    metrics, runs = served.platform.tracking.metrics, served.platform.tracking.runs
    for name, auc in {"a": 0.5, "b": float("nan"), "c": 0.9, "d-1": 0.7}.items():
        metrics.log_batch(HERE, name, [{"key": "auc", "value": auc, "timestamp": BEGAN, "step": 1}])
    for name, lr in {"a": "0.1", "b": "0.01", "d": "0.1"}.items():
        runs.log(HERE, name, params=[("lr", lr)])
    runs.log(HERE, "a", tags=[("note", "kept"), ("mlflow.source.name", "train.py")])
    yield served.admin
    served.admin.delete(SPACE)


def rows(table: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = table.get(f"{SPACE}/jobTable", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def names(table: httpx.Client, **query: Any) -> str:
    return " ".join(row["name"] for row in rows(table, **query))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "d c b a"),
        ({"orderBy": "created"}, "a b c d"),
        ({"orderBy": "metrics.auc desc"}, "c a b d"),
        ({"orderBy": "metrics.auc"}, "a c b d"),
        ({"orderBy": "params.lr, name desc"}, "b d a c"),
        ({"orderBy": "displayName"}, "a c d b"),
        ({"orderBy": "experiment desc,status asc"}, "c a b d"),
        ({"orderBy": "tags.best"}, "c d b a"),
        ({"orderBy": "duration desc", "all": "true"}, "d-2 d-1 d c b a"),
        ({"filter": "metrics.auc > 0.6"}, "c"),
        ({"filter": "metrics.auc > 0.4 and params.lr = '0.1'"}, "a"),
        ({"filter": "metrics.auc IS NULL"}, "d"),
        ({"filter": "metrics.auc != 0.9"}, "b a"),
        ({"filter": "attributes.status = 'completed' and tags.team = 'red'"}, "c a"),
        ({"filter": "status IN ('Failed', 'Canceled')"}, "b"),
        ({"filter": "params.lr LIKE '0.0%'"}, "b"),
        ({"filter": "displayName ILIKE '%RESNET%' and name != 'b'"}, "a"),
        ({"filter": "tags.note IS NOT NULL"}, "a"),
        ({"filter": "type = 'Sweep'"}, "d"),
        ({"filter": "compute = 'cpu' and created > '2020-01-01' and ended IS NOT NULL"}, "d c b a"),
        ({"filter": "created < '2020-01-01'"}, ""),
        ({"filter": f"started = {BEGAN} and createdBy = 'me'"}, "d c b a"),
        ({"filter": "resnet"}, "b a"),
        ({"filter": "RESNET two"}, "b"),
        ({"text": "vision", "filter": "status = 'Failed'"}, "b"),
        ({"filter": "   "}, "d c b a"),
        ({"parent": "d"}, "d-2 d-1"),
        ({"all": "true", "filter": "metrics.auc >= 0.7"}, "d-1 c"),
        ({"offset": "1", "limit": "2"}, "c b"),
        ({"offset": "100"}, ""),
    ],
)
def test_any_page_by_any_filter_and_order(table: httpx.Client, query: dict[str, str], expected: str) -> None:
    assert names(table, **query) == expected


def test_a_row_tells_what_lists_show(table: httpx.Client) -> None:
    found = rows(table, filter="name = 'a'", columns="metrics.auc,params.lr,tags.`note`,metrics.none")[0]
    assert found.pop("created") > BEGAN - 100_000 * DAY
    assert found == {
        "name": "a",
        "displayName": "ResNet one",
        "experiment": "Vision",
        "type": "command",
        "status": "Completed",
        "reason": None,
        "compute": "cpu",
        "createdBy": "me",
        "started": BEGAN,
        "ended": BEGAN + 2000,
        "parent": None,
        "archived": False,
        "tags": {"team": "red", "note": "kept"},
        "values": {"metrics.auc": 0.5, "params.lr": "0.1", "tags.`note`": "kept"},
    }
    assert rows(table, filter="name = 'b'", columns="metrics.auc")[0]["values"] == {"metrics.auc": "NaN"}


def test_the_total_is_of_the_filter_and_not_of_the_page(table: httpx.Client) -> None:
    answer = table.get(f"{SPACE}/jobTable", params={"filter": "status = 'Completed'", "limit": "1"}).json()
    assert answer["total"] == 3
    assert len(answer["rows"]) == 1


@pytest.mark.parametrize(
    ("query", "target", "told"),
    [
        ({"filter": "metrics.auc > 'high'"}, "filter[14:20]", "numeric"),
        ({"filter": "status = 'Failed' or name = 'a'"}, "filter[18:20]", "AND"),
        ({"filter": "metrics.auc >"}, "filter[13:13]", "At its end"),
        ({"filter": "statsu = 'Failed'"}, "filter[0:6]", "status"),
        ({"filter": "color = 'red'"}, "filter[0:5]", "displayName"),
        ({"filter": "status > 'Failed'"}, "filter[7:8]", "Use one of"),
        ({"filter": "created > 'yesterday'"}, "filter[10:21]", "2026-05-01"),
        ({"filter": "name = 'a' ; drop"}, "filter[11:17]", "drop"),
        ({"orderBy": "color"}, "order_by", "displayName"),
        ({"columns": "status"}, "columns", "every row"),
        ({"limit": "-1"}, "limit", "whole number"),
        ({"archived": "maybe"}, "archived", "true, false or all"),
    ],
)
def test_a_mistake_is_told_with_its_place(table: httpx.Client, query: dict[str, str], target: str, told: str) -> None:
    answer = table.get(f"{SPACE}/jobTable", params=query)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["target"] == target
    assert told in str(error)


def test_what_happens_is_seen_at_once(served: Served, table: httpx.Client) -> None:
    platform = served.platform
    assert names(table, orderBy="metrics.late desc", filter="metrics.late > 0") == ""
    assert names(table, filter="params.depth = '3'") == ""
    made(served, "new", "Queued", tags={"team": "green"})
    try:
        assert names(table, filter="status = 'Queued'") == "new"
        point = {"key": "late", "value": 2.0, "timestamp": BEGAN, "step": 1}
        platform.tracking.metrics.log(HERE, "new", point)
        platform.tracking.metrics.log(HERE, "c", {**point, "value": 1.0})
        platform.tracking.runs.log(HERE, "new", params=[("depth", "3")])
        assert names(table, orderBy="metrics.late desc", filter="metrics.late > 0") == "new c"
        assert names(table, filter="params.depth = '3'") == "new"
        platform.tracking.metrics.log(HERE, "c", {**point, "value": 3.0, "step": 2})
        assert names(table, orderBy="metrics.late desc", filter="metrics.late > 0") == "c new"
        id = ResourceId(HERE, "jobs", "new")
        assert names(table, filter="tags.team = 'green'") == "new"
        platform.shelves.job.describe(id, platform.access.admin(), tags={"team": "grey"}, display_name="Newest")
        assert names(table, filter="tags.team = 'grey' and displayName = 'Newest'") == "new"
        platform.shelves.job.describe(id, platform.access.admin(), is_archived=True)
        assert names(table) == "d c b a"
        assert names(table, archived="true") == "new"
        assert names(table, archived="all") == "new d c b a"
    finally:
        with platform.store.state.write() as tx:
            record = platform.store.documents.get(tx, ResourceId(HERE, "jobs", "new"))
            platform.store.documents.remove(tx, record, "me")
    assert names(table, archived="all") == "d c b a"


def test_what_is_prepared_is_not_read_again(served: Served, table: httpx.Client, monkeypatch: Any) -> None:
    prepared = JobTable(served.platform.shelves.job, served.platform.tracking)
    monkeypatch.setattr("lazuli.jobs.table.rows.LARGE", 4)
    prepared.prepare()
    board = prepared._board(HERE)
    monkeypatch.setattr(board, "_read", lambda *said: pytest.fail(f"{said} is read"))
    for order, expected in (("metrics.auc desc", "cabd"), ("params.lr,name desc", "bdac"), ("tags.team", "bcad")):
        page = prepared.page(HERE, ask(order_by=order))
        assert "".join(row["name"] for row in page.rows) == expected, order
    prepared.prepare()  # and it is safe to repeat


def test_small_workspaces_are_not_prepared(served: Served, table: httpx.Client) -> None:
    prepared = JobTable(served.platform.shelves.job, served.platform.tracking)
    prepared.prepare()
    assert not prepared._boards


def test_what_is_logged_while_a_column_is_prepared_is_in_it(served: Served, table: httpx.Client) -> None:
    metrics, board = served.platform.tracking.metrics, served.platform.job_table._board(HERE)
    read = board._read

    def log(name: str, value: float) -> None:
        metrics.log(HERE, name, {"key": "beside", "value": value, "timestamp": BEGAN, "step": int(value)})

    def slowly(kind: str, keys: Any) -> Any:
        found = read(kind, keys)
        log("a", 3.0)
        assert names(table) == "d c b a"  # others ask meanwhile: what was heard is taken in, for columns there are
        log("b", 4.0)
        return found

    log("a", 1.0)
    log("c", 2.0)
    board._read = slowly
    try:
        board.prepare("metric", ["beside"])
    finally:
        del board._read
    assert names(table, orderBy="metrics.beside desc", filter="metrics.beside > 0") == "b a c"


def test_more_jobs_than_there_was_room_for(served: Served, table: httpx.Client) -> None:
    assert names(table, filter="params.lr = '0.5' and metrics.auc = 5") == ""
    for number in range(80):
        made(served, f"many{number}", "Completed", parent="c")
    served.platform.tracking.runs.log(HERE, "many79", params=[("lr", "0.5")])
    served.platform.tracking.metrics.log(HERE, "many79", {"key": "auc", "value": 5.0, "timestamp": 1, "step": 1})
    assert names(table, all="true", filter="params.lr = '0.5' and metrics.auc = 5") == "many79"
    assert table.get(f"{SPACE}/jobTable", params={"parent": "c"}).json()["total"] == 80


def test_words_are_the_most_used_first(table: httpx.Client) -> None:
    words = table.get(f"{SPACE}/jobTable/words").json()
    assert words["metrics"][0]["name"] == "auc"
    assert words["params"][0]["name"] == "lr"
    assert words["tags"][0] == {"name": "team", "count": 3}
    assert words["experiments"][0] == {"name": "Vision", "count": 2}
    assert {each["name"] for each in words["statuses"]} == {"Completed", "Failed"}
    assert words["types"] == [{"name": "command", "count": 3}, {"name": "sweep", "count": 1}]
    assert words["users"] == [{"name": "me", "count": 4}]
    assert words["computes"] == [{"name": "cpu", "count": 4}]


def test_experiments_with_their_jobs(served: Served, table: httpx.Client) -> None:
    empty = served.platform.tracking.experiments.create(HERE, "Empty")
    found = {row["name"]: row for row in table.get(f"{SPACE}/experiments").json()["value"]}
    assert found["Vision"]["jobs"] == 2
    assert found["Vision"]["lastJob"] >= found["Vision"]["created"] > 0
    assert found["Empty"] == {
        "name": "Empty", "id": empty, "jobs": 0, "lastJob": None, "created": found["Empty"]["created"],
    }  # fmt: skip


def test_another_workspace_sees_none_of_it(served: Served, table: httpx.Client) -> None:
    assert served.admin.get(f"{WS}/jobTable", params={"filter": "experiment = 'Vision'"}).json()["total"] == 0
    assert served.admin.get(f"{WS}-none/jobTable").status_code == 404


def test_a_pattern_full_of_wildcards_takes_no_time(table: httpx.Client) -> None:
    assert names(table, filter=f"displayName LIKE '{'%e' * 2000}'") == ""
