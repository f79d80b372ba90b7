"""The MLflow door over HTTP: shapes, errors in MLflow's words, and never a 500 for what a client sends."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.conftest import SCOPE, WS, Served, on_its_way


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    address = f"{served.url}/mlflow/v2.0{WS}"
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {served.token}"}, timeout=60) as client:
        yield client


def post(client: httpx.Client, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"/api/2.0/mlflow/{path}", json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


def get(client: httpx.Client, path: str, /, status: int = 200, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/2.0/mlflow/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def new_run(client: httpx.Client) -> str:
    return post(client, "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]


def test_a_run_has_mlflows_shape(client: httpx.Client) -> None:
    run_id = new_run(client)
    values = {"nan": "NaN", "up": "Infinity", "down": "-Infinity", "one": 1}
    metrics = [{"key": key, "value": value, "timestamp": 5, "step": 2} for key, value in values.items()]
    post(client, "runs/log-batch", {"run_id": run_id, "metrics": metrics, "params": [{"key": "p", "value": "v"}]})
    run = get(client, "runs/get", run_id=run_id)["run"]
    assert run["info"].items() >= {
        "run_id": run_id, "run_uuid": run_id, "status": "RUNNING", "lifecycle_stage": "active", "user_id": "admin",
        "artifact_uri": f"mlflow-artifacts:/ExperimentRun/dcid.{run_id}",
    }.items()  # fmt: skip
    assert "end_time" not in run["info"]
    assert {m["key"]: m["value"] for m in run["data"]["metrics"]} == values
    assert run["data"]["params"] == [{"key": "p", "value": "v"}]
    info = post(client, "runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": 77})["run_info"]
    assert (info["status"], info["end_time"]) == ("FINISHED", 77)


def test_what_a_job_begins_is_a_child_of_its_run_and_its_end_is_not_for_its_program_to_tell(
    served: Served, client: httpx.Client
) -> None:
    born = on_its_way(served, "nesting")
    with served.platform.store.state.write() as tx:
        served.platform.tracking.runs.open_in(tx, SCOPE, "nesting", status="RUNNING")
    token = served.platform.access.job_token("ada", SCOPE, "nesting", born)
    with httpx.Client(base_url=client.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as job:
        child = post(job, "runs/create", {"experiment_id": "0"})["run"]
        assert {"key": "mlflow.parentRunId", "value": "nesting"} in child["data"]["tags"]
        own = [{"key": "mlflow.parentRunId", "value": child["info"]["run_id"]}]
        assert own[0] in post(job, "runs/create", {"experiment_id": "0", "tags": own})["run"]["data"]["tags"]
        said = {"run_id": "nesting", "status": "FINISHED", "end_time": 5, "run_name": "renamed"}
        told = post(job, "runs/update", said)["run_info"]
        assert (told["status"], told["run_name"], "end_time" in told) == ("RUNNING", "renamed", False)
        ended = post(job, "runs/update", {"run_id": child["info"]["run_id"], "status": "FAILED"})["run_info"]
        assert ended["status"] == "FAILED"


def test_bare_nan_is_read_as_well(client: httpx.Client) -> None:
    run_id = new_run(client)
    body = f'{{"run_id": "{run_id}", "key": "m", "value": NaN, "timestamp": 1}}'
    assert client.post("/api/2.0/mlflow/runs/log-metric", content=body).status_code == 200
    (metric,) = get(client, "metrics/get-history", run_id=run_id, metric_key="m")["metrics"]
    assert math.isnan(float(metric["value"]))
    surrogate = body.replace('"m"', '"\\ud800"')
    assert client.post("/api/2.0/mlflow/runs/log-metric", content=surrogate).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("runs/log-metric", {"run_id": "none", "key": "a", "value": 1, "timestamp": 1}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("runs/log-batch", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("runs/search", {"experiment_ids": ["0"], "filter": "x"}, 400, "INVALID_PARAMETER_VALUE"),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 50001}, 400, "INVALID_PARAMETER_VALUE"),
        ("experiments/create", {"name": "Default"}, 400, "RESOURCE_ALREADY_EXISTS"),
        ("experiments/delete", {"experiment_id": "none"}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("traces", {}, 404, "ENDPOINT_NOT_FOUND"),
        ("traces/search", {}, 404, "ENDPOINT_NOT_FOUND"),
    ],
)
def test_problems_are_told_in_mlflows_words(client: httpx.Client, path: str, body: Any, status: int, code: str) -> None:
    get(client, "experiments/get", experiment_id="0")
    answer = post(client, path, body, status)
    assert answer["error_code"] == code
    assert answer["message"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("runs/log-parameter", {"run_id": 31, "key": "p", "value": "1"}, "Invalid value 31 for parameter 'run_id'"),
        ("runs/log-parameter", {"key": 31, "value": "1"}, "Invalid value 31 for parameter 'key' supplied"),
        ("runs/set-tag", {"key": "t", "value": 41}, "Invalid value 41 for parameter 'value' supplied"),
        (
            "runs/log-metric",
            {"key": "m", "value": 1, "timestamp": "x"},
            "Invalid value \"x\" for parameter 'timestamp'",
        ),
        ("runs/log-metric", {"value": 1, "timestamp": 1}, "Missing value for required parameter 'key'"),
        ("runs/log-batch", {"metrics": "foo"}, "Invalid value \"foo\" for parameter 'metrics' supplied"),
        ("runs/log-batch", {"metrics": [{"key": "m", "value": 1}]}, "required parameter 'metrics[0].timestamp'"),
        ("runs/search", {"max_results": 10**8}, "Invalid value 100000000 for parameter 'max_results' supplied"),
        ("runs/delete-tag", {"key": "no"}, "No tag with name: no"),
        ("experiments/create", {"name": 123}, "Invalid value 123 for parameter 'name' supplied"),
        ("experiments/create", {}, "Missing value for required parameter 'name'"),
        ("experiments/search-datasets", {}, "must specify at least one experiment_id"),
        ("experiments/search-datasets", {"experiment_ids": ["e"] * 21}, "cannot specify more than 20"),
    ],
)
def test_what_is_wrong_is_told_as_mlflow_tells_it(client: httpx.Client, path: str, body: Any, message: str) -> None:
    run = {"run_id": new_run(client)} if path.startswith("runs/") and path != "runs/search" else {}
    answer = client.post(f"/api/2.0/mlflow/{path}", json={**run, **body})
    assert answer.status_code == (404 if "No tag" in message else 400)
    assert message in answer.json()["message"]


def test_a_metric_is_read_in_several_runs_at_once(client: httpx.Client) -> None:
    runs = sorted(new_run(client) for _ in range(2))
    for run_id in runs:
        metrics = [{"key": "m", "value": i, "timestamp": 1, "step": i} for i in range(3)]
        post(client, "runs/log-batch", {"run_id": run_id, "metrics": metrics})
    found = get(client, "metrics/get-history-bulk", run_id=runs[::-1], metric_key="m")["metrics"]
    assert [(one["run_id"], one["step"]) for one in found] == [(run, step) for run in runs for step in range(3)]
    found = get(client, "metrics/get-history-bulk", run_id=runs, metric_key="m", max_results=4)["metrics"]
    assert [(one["run_id"], one["step"]) for one in found] == [(runs[0], 0), (runs[0], 1), (runs[0], 2), (runs[1], 0)]
    for words in ({}, {"run_id": ["r"] * 101}, {"run_id": runs}):
        get(client, "metrics/get-history-bulk", status=400, **words)
    for words in ({}, {"run_ids": runs, "start_step": 1}, {"run_ids": runs, "start_step": 2, "end_step": 1}):
        get(client, "metrics/get-history-bulk-interval", status=400, metric_key="m", **words)


def test_the_datasets_of_an_experiment_are_told(client: httpx.Client) -> None:
    made = post(client, "experiments/create", {"name": "with-data"})["experiment_id"]
    run_id = post(client, "runs/create", {"experiment_id": made})["run"]["info"]["run_id"]
    dataset = {"name": "d", "digest": "1", "source_type": "local", "source": "{}"}
    tags = [{"key": "mlflow.data.context", "value": "training"}]
    post(client, "runs/log-inputs", {"run_id": run_id, "datasets": [{"dataset": dataset, "tags": tags}]})
    told = post(client, "experiments/search-datasets", {"experiment_ids": [made]})["dataset_summaries"]
    assert told == [{"experiment_id": made, "name": "d", "digest": "1", "context": "training"}]


def test_files_are_read_by_their_run_and_by_their_logged_model(client: httpx.Client) -> None:
    run_id = new_run(client)
    files = "/api/2.0/mlflow-artifacts/artifacts"
    client.put(f"{files}/ExperimentRun/dcid.{run_id}/a/b.txt", content=b"one")
    assert client.get("/get-artifact", params={"run_id": run_id, "path": "a/b.txt"}).content == b"one"
    assert client.get("/get-artifact", params={"run_id": run_id, "path": "../b.txt"}).status_code == 400
    model = post(client, "logged-models", {"experiment_id": "0"})["model"]["info"]["model_id"]
    client.put(f"{files}/LoggedModels/{model}/artifacts/MLmodel", content=b"two")
    file = f"/api/2.0/mlflow/logged-models/{model}/artifacts/files"
    assert client.get(file, params={"artifact_file_path": "MLmodel"}).content == b"two"
    assert client.get(file, params={"artifact_file_path": "none"}).status_code == 404


def test_a_history_is_read_in_pages(client: httpx.Client) -> None:
    run_id = new_run(client)
    metrics = [{"key": "m", "value": i, "timestamp": 1, "step": i} for i in range(5)]
    post(client, "runs/log-batch", {"run_id": run_id, "metrics": metrics})
    words: dict[str, Any] = {"run_id": run_id, "metric_key": "m", "max_results": 3}
    first = get(client, "metrics/get-history", **words)
    second = get(client, "metrics/get-history", page_token=first["next_page_token"], **words)
    assert [m["step"] for m in first["metrics"] + second["metrics"]] == [0, 1, 2, 3, 4]
    assert "next_page_token" not in second
    chart = get(client, "metrics/get-history-bulk-interval", run_ids=[run_id], metric_key="m", start_step=1, end_step=3)
    assert [(m["step"], m["run_id"]) for m in chart["metrics"]] == [(1, run_id), (2, run_id), (3, run_id)]


def test_experiments_are_searched_by_get_and_post(client: httpx.Client) -> None:
    post(client, "experiments/create", {"name": "by-get", "tags": [{"key": "k", "value": "v"}]})
    words = {"filter": "name = 'by-get'", "max_results": 10}
    (one,) = get(client, "experiments/search", order_by=["name DESC"], **words)["experiments"]
    assert post(client, "experiments/search", words)["experiments"] == [one]
    assert one["tags"] == [{"key": "k", "value": "v"}]


def test_an_uploaded_page_is_no_page_of_this_server(client: httpx.Client) -> None:
    run_id = new_run(client)
    path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run_id}/x/page%20one.html"
    assert client.put(path, content=b"<script>", headers={"content-type": "text/html"}).json() == {}
    answer = client.get(path)
    assert (answer.content, answer.headers["x-content-type-options"]) == (b"<script>", "nosniff")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert client.get(path, headers={"range": "bytes=1-3"}).content == b"scr"
    listed = get(client, "artifacts/list", run_id=run_id, path="x")
    assert listed["files"] == [{"path": "x/page one.html", "is_dir": False, "file_size": 8}]
    assert get(client, "artifacts/list", run_id=run_id)["files"] == [{"path": "x", "is_dir": True}]
    assert client.delete(path).status_code == 200
    assert client.get(path).json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "a%5cb", "a%00b"])
def test_no_artifact_path_leads_outside(client: httpx.Client, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, f"/api/2.0/mlflow-artifacts/artifacts/{path}")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_the_client_is_told_to_upload_in_one_piece(client: httpx.Client) -> None:
    answer = client.post("/api/2.0/mlflow-artifacts/mpu/create/x", json={"path": "a", "num_parts": 2})
    assert answer.status_code == 501
    assert answer.json()["message"].startswith("Multipart upload is not supported for the current artifact repository")
    assert client.get("/api/3.0/mlflow/server-info").json()["multipart_uploads_enabled"] is False


def test_descriptions_of_models_are_gathered(client: httpx.Client) -> None:
    run_id = new_run(client)
    for name in ("a", "b"):
        post(client, "runs/log-model", {"run_id": run_id, "model_json": f'{{"artifact_path": "{name}"}}'})
    tags = {t["key"]: t["value"] for t in get(client, "runs/get", run_id=run_id)["run"]["data"]["tags"]}
    assert [one["artifact_path"] for one in orjson.loads(tags["mlflow.log-model.history"])] == ["a", "b"]
    post(client, "runs/log-model", {"run_id": run_id, "model_json": "{"}, status=400)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.just("0")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["key", "value"]), inner)),
    max_leaves=6,
)
PATHS = st.sampled_from(
    ["experiments/create", "experiments/search", "experiments/update", "experiments/set-experiment-tag", "runs/create",
     "runs/update", "runs/search", "runs/log-metric", "runs/log-parameter", "runs/log-batch", "runs/set-tag",
     "runs/delete-tag", "runs/log-inputs", "runs/outputs", "runs/log-model", "logged-models", "logged-models/search"]
)  # fmt: skip
FIELDS = st.sampled_from(
    ["experiment_id", "experiment_ids", "name", "new_name", "tags", "params", "metrics", "key", "value", "step",
     "timestamp", "filter", "order_by", "max_results", "page_token", "view_type", "start_time", "status", "end_time",
     "datasets", "models", "model_json", "run_name", "user_id", "artifact_location", "source_run_id", "model_id"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(path=PATHS, body=st.dictionaries(FIELDS, JSON, max_size=8), known=st.booleans())
def test_no_body_makes_the_server_fail(client: httpx.Client, path: str, body: dict[str, Any], known: bool) -> None:
    if known:
        body["run_id"] = RUNS.get(client) or RUNS.setdefault(client, new_run(client))
    answer = client.post(f"/api/2.0/mlflow/{path}", content=json.dumps(body))
    assert answer.status_code in (200, 400, 404), answer.text
    assert answer.status_code == 200 or answer.json()["error_code"] in {
        "INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS",
    }  # fmt: skip


RUNS: dict[httpx.Client, str] = {}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40))
def test_no_bytes_make_the_server_fail(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/2.0/mlflow/runs/log-batch", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
