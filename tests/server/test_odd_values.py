"""Values that databases and JSON do not agree on: refused, or stored as they are, on either database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import WS
from tests.server.listening import listening
from tests.store.postgres import Postgres, postgres

from lazuli.server.app import App
from lazuli.server.platform import open_platform
from lazuli.store.settings import Settings

__all__ = ["postgres"]

_numbers = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Speaks to a workspace of a server over either database."""
    folder: Path = tmp_path_factory.mktemp("odd")
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    platform = open_platform(Settings(data_dir=folder, database_url=server.fresh_database() if server else ""))
    app = App(platform.routes(), platform.access, hosts=["127.0.0.1"], spool=folder / "uploads")
    bearer = {"Authorization": f"Bearer {(folder / 'token').read_text().strip()}"}
    with listening(app) as url, httpx.Client(base_url=url, headers=bearer, timeout=60) as client:
        assert client.put(WS, json={"location": "here", "properties": {}}).status_code == 201
        yield client
    platform.stop()
    platform.store.close()


def call(client: httpx.Client, path: str, body: Any) -> httpx.Response:
    return client.post(f"/mlflow/v2.0{WS}/api/2.0/mlflow/{path}", json=body)


def new_run(client: httpx.Client, experiment: str = "0") -> str:
    return call(client, "runs/create", {"experiment_id": experiment}).json()["run"]["info"]["run_id"]


def read(client: httpx.Client, run: str) -> dict[str, Any]:
    return client.get(f"/mlflow/v2.0{WS}/api/2.0/mlflow/runs/get", params={"run_id": run}).json()["run"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("experiments/create", {"name": "a\0b"}),
        ("experiments/create", {"name": "tagged", "tags": [{"key": "k", "value": "a\0b"}]}),
        ("experiments/search", {"filter": "name = 'a\0b'"}),
        ("runs/create", {"experiment_id": "0", "run_name": "a\0b"}),
        ("runs/create", {"experiment_id": "a\0b"}),
        ("runs/update", {"run_name": "a\0b"}),
        ("runs/log-parameter", {"key": "p", "value": "a\0b"}),
        ("runs/log-parameter", {"key": "a\0b", "value": "v"}),
        ("runs/log-parameter", {"key": "p", "value": "x" * 10_000_000}),
        ("runs/set-tag", {"key": "t", "value": "a\0b"}),
        ("runs/delete-tag", {"key": "a\0b"}),
        ("runs/log-metric", {"key": "a\0b", "value": 1, "timestamp": 1}),
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 10**30}),
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1, "step": 2**63}),
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1, "model_id": "a\0b"}),
        ("runs/log-batch", {"params": [{"key": "p", "value": "a\0b"}]}),
        ("runs/log-inputs", {"datasets": [{"dataset": {"name": "a\0b", "digest": "1"}}]}),
        ("runs/search", {"experiment_ids": ["a\0b"]}),
        ("runs/search", {"experiment_ids": ["0"], "filter": "params.`a\0b` = '1'"}),
        ("runs/search", {"experiment_ids": ["0"], "order_by": ["params.`a\0b`"]}),
        ("logged-models", {"experiment_id": "0", "name": "a\0b"}),
        ("registered-models/create", {"name": "m", "description": "a\0b"}),
        ("registered-models/set-tag", {"name": "m", "key": "k", "value": "a\0b"}),
    ],
)  # fmt: skip
def test_what_no_database_keeps_is_refused(client: httpx.Client, path: str, body: dict[str, Any]) -> None:
    run = {"run_id": new_run(client)} if path.startswith("runs/") else {}
    answer = call(client, path, {**run, **body})
    assert (answer.status_code, answer.json().get("error_code")) == (400, "INVALID_PARAMETER_VALUE"), answer.text


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\ud800x", r"\u0000"])
def test_half_a_character_is_refused(client: httpx.Client, escape: str) -> None:
    run = new_run(client)
    for path, words in (("runs/set-tag", '"key": "t", "value": '), ("runs/update", '"run_name": ')):
        body = f'{{"run_id": "{run}", {words}"{escape}"}}'
        answer = client.post(f"/mlflow/v2.0{WS}/api/2.0/mlflow/{path}", content=body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert client.put(f"{WS}/data/d", content=f'{{"properties": {{"description": "{escape}"}}}}').status_code == 400
    assert client.get(f"/mlflow/v2.0{WS}/api/2.0/mlflow/runs/get?run_id=a%00b").status_code == 400


def test_what_only_looks_odd_is_kept(client: httpx.Client) -> None:
    run = new_run(client)
    odd = {"slash": "\\u0000", "quote": "'\";--", "sign": "💎é\u202e\ufffe", "line": "a\r\n\tb", "percent": "%00%s"}
    pairs = [{"key": key, "value": value} for key, value in odd.items()]
    assert call(client, "runs/log-batch", {"run_id": run, "params": pairs, "tags": pairs}).status_code == 200
    numbers = {"most": 1.7976931348623157e308, "least": 5e-324, "big": float(2**63)}
    points = [{"key": k, "value": v, "timestamp": 2**63 - 1, "step": -(2**63) + 1} for k, v in numbers.items()]
    points += [{"key": word, "value": word, "timestamp": 0} for word in ("NaN", "Infinity", "-Infinity")]
    assert call(client, "runs/log-batch", {"run_id": run, "metrics": points}).status_code == 200
    data = read(client, run)["data"]
    assert {one["key"]: one["value"] for one in data["params"]} == odd
    assert odd.items() <= {one["key"]: one["value"] for one in data["tags"]}.items()
    told = {one["key"]: one["value"] for one in data["metrics"]}
    assert told.items() >= {**numbers, "NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}.items()


def test_one_of_many_makes_an_experiment(client: httpx.Client) -> None:
    name = f"same{next(_numbers)}"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: call(client, "experiments/create", {"name": name}), range(8)))
    codes = sorted(answer.json().get("error_code", "made") for answer in answers)
    assert codes == ["RESOURCE_ALREADY_EXISTS"] * 7 + ["made"]


def test_what_is_acknowledged_while_a_run_is_deleted_and_restored_is_kept(client: httpx.Client) -> None:
    run = new_run(client)

    def log(step: int) -> int:
        metric = {"run_id": run, "key": "m", "value": 1.0, "timestamp": 1, "step": step}
        return call(client, "runs/log-metric", metric).status_code

    def toggle(turn: int) -> int:
        return call(client, "runs/delete" if turn % 2 == 0 else "runs/restore", {"run_id": run}).status_code

    with ThreadPoolExecutor(6) as threads:
        logged = [threads.submit(log, step) for step in range(200)]
        toggled = [threads.submit(toggle, turn) for turn in range(20)]
    assert {one.result() for one in toggled} == {200}
    assert {one.result() for one in logged} <= {200, 400}
    kept = sum(one.result() == 200 for one in logged)
    path = f"/mlflow/v2.0{WS}/api/2.0/mlflow/metrics/get-history"
    series = client.get(path, params={"run_id": run, "metric_key": "m"}).json().get("metrics", [])
    assert len(series) == kept
