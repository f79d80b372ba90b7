"""The files of jobs and code, the charts that jobs left, and their metrics as charts want them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served
from tests.server.test_resources import environment, fresh

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.store.documents import Record
from lazuli.store.points import Point
from lazuli.tracking.keys import run_key

JOB = "filed"
AT = 1_790_000_000_000


@pytest.fixture(scope="module")
def filed(served: Served, tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    """A job that has ended, with what jobs leave."""
    platform = served.platform
    said = {"command": "true", "outputs": {"model": {"type": "uri_folder"}}}
    state = {"target": "local", "user": "me", "key": "none"}
    with platform.store.state.write() as tx:
        platform.store.documents.add(tx, Record(ResourceId(SCOPE, "jobs", JOB), said, state, status="Completed"), "me")
        platform.tracking.runs.open_in(tx, SCOPE, JOB)
    v1 = {"schema_type": "confusion_matrix", "schema_version": "v1", "data": {"class_labels": ["a"], "matrix": [[1]]}}
    table = {"columns": ["a"], "data": [[1]]}
    shots = [f"images/dog#front%step%{step}%timestamp%{AT + step}%ab{step}" for step in (10, 2)]
    files = {
        "user_logs/std_log.txt": b"one\ntwo \xf0\x9f\x92\x8e\n" * 1000,
        "outputs/deep/model.bin": b"\0" * 10,
        "outputs/notes.txt": b"notes",
        "matrix.json": json.dumps(v1).encode(),
        "plain.json": b"{}",
        "eval/table.json": json.dumps(table).encode(),
        "plot.png": b"png",
        "plots/curve.svg": b"<svg/>",
        "report.html": b"<p>",
        **{f"{shot}.png": b"png" for shot in shots},
        **{f"{shot}%compressed.webp": b"webp" for shot in shots},
    }
    folder = tmp_path_factory.mktemp("left")
    for number, (name, data) in enumerate(files.items()):
        source = folder / str(number)
        source.write_bytes(data)
        platform.tracking.artifacts.put(SCOPE, f"ExperimentRun/dcid.{JOB}/{name}", source)
    container = platform.storage.container(SCOPE, "workspaceblobstore")
    platform.store.blobs.put_bytes(container, f"azureml/{JOB}/model/MLmodel", b"flavors: {}\n")
    noted = json.dumps([{"path": "eval/table.json", "type": "table"}])
    platform.tracking.runs.log(SCOPE, JOB, tags=[("mlflow.loggedArtifacts", noted)])
    return served.admin


def tree(client: httpx.Client, path: str = "", job: str = JOB) -> list[str]:
    answer = client.get(f"{WS}/jobs/{job}/files", params={"path": path})
    assert answer.status_code == 200, answer.text
    return [each["path"] + ("/" if each["isFolder"] else "") for each in answer.json()["value"]]


def test_one_level_of_the_tree_at_a_time(filed: httpx.Client) -> None:
    assert tree(filed) == [
        "eval/", "images/", "named-outputs/", "outputs/", "plots/", "user_logs/",
        "matrix.json", "plain.json", "plot.png", "report.html",
    ]  # fmt: skip
    assert tree(filed, "outputs") == ["outputs/deep/", "outputs/notes.txt"]
    assert tree(filed, "named-outputs") == ["named-outputs/model/"]
    assert tree(filed, "named-outputs/model") == ["named-outputs/model/MLmodel"]
    entry = filed.get(f"{WS}/jobs/{JOB}/files", params={"path": "outputs/deep"}).json()["value"][0]
    assert entry["modified"] > 0
    assert (entry["name"], entry["size"]) == ("model.bin", 10)


@pytest.mark.parametrize("path", ["../other", "/etc", "outputs/..", "a\\b"])
def test_no_path_leads_out(filed: httpx.Client, path: str) -> None:
    assert filed.get(f"{WS}/jobs/{JOB}/files", params={"path": path}).status_code == 400


def test_what_is_not_there(filed: httpx.Client) -> None:
    assert filed.get(f"{WS}/jobs/{JOB}/files", params={"path": "none"}).status_code == 404
    assert filed.get(f"{WS}/jobs/{JOB}/text/none.txt").status_code == 404
    assert filed.get(f"{WS}/jobs/{JOB}/text/named-outputs/none/x").status_code == 400
    assert filed.get(f"{WS}/jobs/nobody/files").status_code == 404


def test_windows_of_a_text(filed: httpx.Client) -> None:
    log = f"{WS}/jobs/{JOB}/text/user_logs/std_log.txt"
    whole = filed.get(log).json()
    assert (whole["size"], whole["offset"], whole["next"]) == (13_000, 0, 13_000)
    assert whole["text"] == "one\ntwo 💎\n" * 1000
    end = filed.get(log, params={"offset": "-4"}).json()
    assert (end["offset"], end["text"]) == (12_999, "\n")
    assert filed.get(log, params={"offset": "4", "length": "6"}).json()["text"] == "two "
    assert filed.get(f"{WS}/jobs/{JOB}/text/named-outputs/model/MLmodel").json()["text"] == "flavors: {}\n"
    assert filed.get(log, params={"offset": "x"}).status_code == 400


@pytest.mark.parametrize("query", [{"text": "TWO"}, {"text": r"^t\w+", "regex": "true"}])
def test_a_text_is_searched(filed: httpx.Client, query: dict[str, str]) -> None:
    found = filed.get(f"{WS}/jobs/{JOB}/find/user_logs/std_log.txt", params={**query, "limit": "3"}).json()
    assert found["more"]
    assert [(m["line"], m["start"], m["text"]) for m in found["matches"]] == [
        (2, 4, "two 💎"), (4, 17, "two 💎"), (6, 30, "two 💎"),
    ]  # fmt: skip
    assert (
        filed.get(f"{WS}/jobs/{JOB}/find/user_logs/std_log.txt", params={"text": "(", "regex": "true"}).status_code
        == 400
    )


def test_charts_are_found_by_what_they_are(filed: httpx.Client) -> None:
    found = filed.get(f"{WS}/jobs/{JOB}/charts").json()["value"]
    assert [(each["kind"], each["name"], each["path"]) for each in found] == [
        ("confusion_matrix", "matrix", "matrix.json"),
        ("figure", "plots/curve", "plots/curve.svg"),
        ("html", "report", "report.html"),
        ("image", "dog/front", f"images/dog#front%step%10%timestamp%{AT + 10}%ab10.png"),
        ("image", "plot", "plot.png"),
        ("table", "eval/table", "eval/table.json"),
    ]
    assert [shot["step"] for shot in found[3]["shots"]] == [2, 10]
    assert found[3]["shots"][0]["thumbnail"].endswith("compressed.webp")


def test_the_files_of_a_code_snapshot(served: Served) -> None:
    container = served.platform.storage.code_container(SCOPE, "snapshot", "1")
    served.platform.store.blobs.put_bytes(container, "src/train.py", b"print('hello')\n")
    body = {"properties": {"codeUri": f"{served.url}/lazuli.blob.core.lazuli.local/{container}/src"}}
    code = f"{WS}/codes/snapshot/versions/1"
    assert served.admin.put(code, json=body).status_code == 201
    assert [each["path"] for each in served.admin.get(f"{code}/files").json()["value"]] == ["train.py"]
    assert served.admin.get(f"{code}/text/train.py").json()["text"] == "print('hello')\n"
    assert served.admin.get(f"{code}/find/train.py", params={"text": "hello"}).json()["matches"][0]["line"] == 1
    assert served.admin.get(f"{code}/text/../train.py").status_code in (400, 404)


@pytest.fixture(scope="module")
def measured(served: Served) -> Iterator[str]:
    """A run with a long series, whose one peak is between thousands of points, and a short one with NaN."""
    with served.platform.store.state.write() as tx:
        served.platform.tracking.runs.open_in(tx, SCOPE, "measured")
    points, key = served.platform.tracking.metrics.points, run_key(SCOPE, "measured")
    long = [Point(key, "long", 100.0 if n == 12_345 else n % 7, n, AT + n) for n in range(30_000)]
    points.add("e", long)
    points.add("e", [Point(key, "odd", value, n, AT - n) for n, value in enumerate((1.0, math.nan, math.inf, -2.0))])
    yield "measured"


def test_metrics_are_summed_up(served: Served, measured: str) -> None:
    long, odd = served.admin.get(f"{WS}/jobs/{measured}/metrics").json()["value"]
    assert long == {
        "key": "long", "last": 29_999 % 7, "min": 0, "max": 100, "count": 30_000,
        "firstStep": 0, "lastStep": 29_999, "firstTime": AT, "lastTime": AT + 29_999,
    }  # fmt: skip
    assert (odd["last"], odd["min"], odd["max"], odd["count"]) == (-2.0, -2.0, "Infinity", 4)
    assert served.admin.get(f"{WS}/jobs/nobody/metrics").status_code == 404


def curve(served: Served, run: str, **query: Any) -> dict[str, Any]:
    answer = served.admin.get(f"{WS}/metricCurves", params={"runs": run, "keys": "long", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["curves"][0]


def test_a_curve_keeps_its_peaks_and_a_window_is_exact(served: Served, measured: str) -> None:
    whole = curve(served, measured)
    assert 500 < len(whole["values"]) <= 2500
    assert whole["values"][whole["steps"].index(12_345)] == 100
    assert (whole["steps"][0], whole["steps"][-1]) == (0, 29_999)
    part = curve(served, measured, **{"from": "12340", "to": "12350"})
    assert part["steps"] == list(range(12_340, 12_351))
    assert part["times"] == [AT + n for n in range(12_340, 12_351)]
    in_time = curve(served, measured, **{"from": str(AT + 5), "to": str(AT + 7), "axis": "time"})
    assert in_time["steps"] == [5, 6, 7]
    assert curve(served, measured, **{"from": "50000"})["values"] == []


def test_several_curves_and_odd_numbers(served: Served, measured: str) -> None:
    query = {"runs": measured, "keys": "odd,none"}
    odd, none = served.admin.get(f"{WS}/metricCurves", params=query).json()["curves"]
    assert odd["values"] == [1.0, "NaN", "Infinity", -2.0]
    assert (none["key"], none["values"]) == ("none", [])
    assert curve(served, measured, keys="odd", axis="time")["steps"] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    "query", [{"keys": ""}, {"axis": "depth"}, {"from": "x"}, {"keys": ",".join(map(str, range(600)))}]
)
def test_curves_that_cannot_be_drawn(served: Served, measured: str, query: dict[str, str]) -> None:
    answer = served.admin.get(f"{WS}/metricCurves", params={"runs": measured, "keys": "long", **query})
    assert answer.status_code == 400


def test_a_log_is_read_and_searched_while_it_grows(served: Served, tmp_path: Path) -> None:
    name, go = fresh("growing"), tmp_path / "go"
    command = f"echo first; until [ -e {go} ]; do sleep 0.05; done; echo last"
    said = {"jobType": "Command", "command": command, "environmentId": environment(served)}
    assert served.admin.put(f"{WS}/jobs/{name}", json={"properties": said}).status_code == 201
    log = "user_logs/std_log.txt"

    def text() -> str:
        answer = served.admin.get(f"{WS}/jobs/{name}/text/{log}")
        return answer.json()["text"] if answer.status_code == 200 else ""

    until(lambda: text() == "first\n", "the first line")
    assert "user_logs/" in tree(served.admin, job=name)
    assert tree(served.admin, "user_logs", name) == [log]
    assert served.admin.get(f"{WS}/jobs/{name}/find/{log}", params={"text": "first"}).json()["matches"][0]["line"] == 1
    go.touch()
    until(lambda: text() == "first\nlast\n", "the last line")
