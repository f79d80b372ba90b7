"""A job writes its own run, and what it began or what is nested there; what others track it only reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.server.conftest import SCOPE, WS, Served, on_its_way

from lazuli.server.mlflow.confined import BEGUN_BY, _Checks, _nobody
from lazuli.store import tables

API = f"/mlflow/v2.0{WS}/api/2.0"
FILES = f"{API}/mlflow-artifacts/artifacts"

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def jobs(served: Served) -> dict[str, dict[str, str]]:
    """Two jobs with a run each, and their tokens."""
    tokens = {}
    for name in ("Mine", "theirs"):
        born = on_its_way(served, name)
        with served.platform.store.state.write() as tx:
            served.platform.tracking.runs.open_in(tx, SCOPE, name)
        tokens[name] = {"Authorization": f"Bearer {served.platform.access.job_token('u', SCOPE, name, born)}"}
    return tokens


@pytest.fixture
def post(served: Served, jobs: dict[str, dict[str, str]]) -> Post:
    def send(path: str, job: str = "Mine", method: str = "POST", **body: Any) -> httpx.Response:
        return served.nobody.request(method, f"{API}/mlflow/{path}", json=body, headers=jobs[job])

    return send


WRITES: list[tuple[str, dict[str, Any]]] = [
    ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}),
    ("runs/log-batch", {"metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}]}),
    ("runs/log-parameter", {"key": "p", "value": "1"}),
    ("runs/set-tag", {"key": "t", "value": "1"}),
    ("runs/delete-tag", {"key": "t"}),
    ("runs/update", {"status": "RUNNING"}),
    ("runs/log-inputs", {}),
    ("runs/outputs", {}),
    ("runs/log-model", {"model_json": "{}"}),
    ("runs/delete", {}),
    ("runs/restore", {}),
]


@pytest.mark.parametrize(("path", "body"), WRITES, ids=[path for path, _ in WRITES])
def test_a_job_writes_its_own_run_and_no_other(post: Post, path: str, body: dict[str, Any]) -> None:
    assert post(path, run_id="Mine", **body).status_code == 200
    refused = post(path, run_id="theirs", **body)
    assert refused.status_code == 403 and "may not change run 'theirs'" in refused.json()["message"]
    assert post(path, run_id="mine", **body).status_code == 403, "a name in another case is another run"
    assert post(path, run_uuid="theirs", **body).status_code == 403
    assert post(path, **body).status_code == 400, "no run is named"


def test_what_a_job_begins_or_nests_is_its_own_whatever_it_says(served: Served, post: Post) -> None:
    begun = post("runs/create", experiment_id="0", tags=[{"key": BEGUN_BY, "value": "theirs"}]).json()["run"]
    run = begun["info"]["run_id"]
    assert [tag["value"] for tag in begun["data"]["tags"] if tag["key"] == BEGUN_BY] == ["Mine"]
    nested = served.admin.post(
        f"{API}/mlflow/runs/create", json={"experiment_id": "0", "tags": [{"key": "mlflow.parentRunId", "value": run}]}
    ).json()["run"]["info"]["run_id"]
    for one in (run, nested, nested):
        assert post("runs/log-metric", run_id=one, key="m", value=1, timestamp=1).status_code == 200
        assert post("runs/log-metric", "theirs", run_id=one, key="m", value=1, timestamp=1).status_code == 403


def test_no_job_makes_another_run_its_own_by_a_tag(post: Post) -> None:
    for key in ("mlflow.parentRunId", BEGUN_BY):
        assert post("runs/set-tag", run_id="theirs", key=key, value="Mine").status_code == 403
    run = post("runs/create", experiment_id="0", tags=[{"key": "mlflow.parentRunId", "value": "theirs"}]).json()["run"]
    assert run["info"]["run_id"]
    assert post("runs/log-parameter", run_id="theirs", key="p2", value="1").status_code == 403


def test_files_are_put_and_removed_in_folders_of_its_own_runs_and_models(
    served: Served, jobs: dict[str, dict[str, str]], post: Post
) -> None:
    run = post("runs/create", experiment_id="0").json()["run"]["info"]
    model = post("logged-models", experiment_id="0", name="m", source_run_id=run["run_id"]).json()["model"]["info"]
    own = [uri.removeprefix("mlflow-artifacts:/") for uri in (run["artifact_uri"], model["artifact_uri"])]
    for folder in ("ExperimentRun/dcid.Mine", *own):
        for method, job, status in (("PUT", "theirs", 403), ("PUT", "Mine", 200), ("DELETE", "theirs", 403)):
            answer = served.nobody.request(method, f"{FILES}/{folder}/a.txt", content=b"x", headers=jobs[job])
            assert answer.status_code == status, (folder, method, job, answer.text)
        assert served.nobody.get(f"{FILES}/{folder}/a.txt", headers=jobs["theirs"]).text == "x"
    assert served.nobody.delete(f"{FILES}/{own[0]}", headers=jobs["Mine"]).status_code == 200
    for path in ("ExperimentRun", "x.txt", "Mine/x", "ExperimentRun/dcid.mine/x", "ExperimentRun/dcid.Mine-2/x"):
        assert served.nobody.put(f"{FILES}/{path}", content=b"x", headers=jobs["Mine"]).status_code == 403, path
    leaving = f"{FILES}/ExperimentRun/dcid.Mine/..%2Fdcid.theirs/x"
    assert served.nobody.put(leaving, content=b"x", headers=jobs["Mine"]).status_code == 400
    multipart = f"{API}/mlflow-artifacts/mpu/create/ExperimentRun/dcid.Mine"
    assert served.nobody.post(multipart, json={}, headers=jobs["Mine"]).status_code == 501


def test_a_logged_model_is_written_by_the_job_that_began_it(post: Post) -> None:
    model = post("logged-models", experiment_id="0", name="free").json()["model"]["info"]["model_id"]
    assert post("logged-models", experiment_id="0", name="foreign", source_run_id="theirs").status_code == 403
    for path, method, body in (
        ("/tags", "PATCH", {"tags": [{"key": "a", "value": "1"}]}),
        ("/tags/a", "DELETE", {}),
        ("/params", "POST", {"params": [{"key": "a", "value": "1"}]}),
        ("", "PATCH", {"status": "LOGGED_MODEL_READY"}),
        ("", "DELETE", {}),
    ):
        assert post(f"logged-models/{model}{path}", "theirs", method, **body).status_code == 403, (path, method)
        assert post(f"logged-models/{model}{path}", "Mine", method, **body).status_code == 200, (path, method)


def test_a_step_adds_to_the_run_of_its_pipeline_and_cancels_it(
    served: Served, jobs: dict[str, dict[str, str]], post: Post
) -> None:
    store = served.platform.store
    for name in ("pipeline", "step"):
        on_its_way(served, name)
        with store.state.write() as tx:
            served.platform.tracking.runs.open_in(tx, SCOPE, name)
    with store.state.write() as tx:
        of_step = tables.resource.c.name == "step"
        tx.execute(tables.resource.update().where(of_step).values(parent="pipeline"))
    born = on_its_way(served, "step")
    jobs["step"] = {"Authorization": f"Bearer {served.platform.access.job_token('u', SCOPE, 'step', born)}"}
    for path, body in WRITES:
        allowed = path in ("runs/log-metric", "runs/log-batch", "runs/log-parameter", "runs/set-tag")
        assert post(path, "step", run_id="pipeline", **body).status_code == (200 if allowed else 403), path
        assert post(path, "Mine", run_id="pipeline", **body).status_code == 403, path
    for key in ("mlflow.parentRunId", BEGUN_BY):  # which would make it the step's own
        assert post("runs/set-tag", "step", run_id="pipeline", key=key, value="step").status_code == 403
        tags = [{"key": key, "value": "step"}]
        assert post("runs/log-batch", "step", run_id="pipeline", tags=tags).status_code == 403
    file = f"{FILES}/ExperimentRun/dcid.pipeline/a.txt"
    assert served.nobody.put(file, content=b"x", headers=jobs["Mine"]).status_code == 403
    assert served.nobody.put(file, content=b"x", headers=jobs["step"]).status_code == 200
    assert served.nobody.delete(file, headers=jobs["step"]).status_code == 403
    for name, status in (("Mine", 403), ("pipeline", 200), ("step", 200)):
        answer = served.nobody.post(f"{WS}/jobs/{name}/cancel", headers=jobs["step"])
        assert answer.status_code == status, (name, answer.text)


def test_of_experiments_a_job_makes_new_ones_and_tags_its_own(served: Served, post: Post) -> None:
    made = post("experiments/create", name="made-by-a-job").json()["experiment_id"]
    own = served.platform.tracking.runs.get(SCOPE, "Mine").experiment_id
    assert post("experiments/set-experiment-tag", experiment_id=own, key="a", value="b").status_code == 200
    assert post("experiments/set-experiment-tag", experiment_id=made, key="a", value="b").status_code == 403
    for verb in ("update", "delete", "restore"):
        assert post(f"experiments/{verb}", experiment_id=made, new_name="x").status_code == 403


def test_every_route_that_writes_has_a_check_and_an_unknown_one_is_closed(served: Served) -> None:
    checks = _Checks(served.platform.tracking, lambda _: [])
    writes = [r for r in served.app.routes if r.permission in ("runs/write", "artifacts/write", "experiments/write")]
    closed = {route.path.rpartition("/")[2] for route in writes if checks.of(route) is _nobody}
    assert closed == {"update", "delete", "restore", "delete-experiment-tag"}
