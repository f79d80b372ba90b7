"""What an endpoint was asked of late: its log, summed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.endpoints.conftest import Served, answering

from lazuli.compute.contract import until
from lazuli.endpoints import asked
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import NotFound


def line(at: float, ms: float = 1, status: int = 200, deployment: str | None = "blue", mirrored: bool = False) -> str:
    said = {"time": at, "ms": ms, "status": status, "deployment": deployment, "mirrored": mirrored}
    return json.dumps(said) + "\n"


def test_requests_are_summed_up_by_deployment_and_span(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    lines = [line(99, 500), *(line(100 + n / 100, n) for n in range(100)), line(105, 7, 424, "green", True)]
    log.write_text("".join([*lines, line(111, status=401, deployment=None), line(112, deployment=None)]) + '{"half')
    told = asked.asked_of_late(log, since_s=100, step_s=10)
    blue = {"at": 100_000, "deployment": "blue", "count": 100, "failed": 0, "mirrored": 0}
    green = {"at": 100_000, "deployment": "green", "count": 0, "failed": 1, "mirrored": 1}
    nobody = {"at": 110_000, "deployment": "", "count": 1, "failed": 1, "mirrored": 0}
    assert told["spans"] == [
        {**blue, "p50": 50, "p95": 95, "p99": 99},
        {**green, "p50": 7, "p95": 7, "p99": 7},
        {**nobody, "p50": 1, "p95": 1, "p99": 1},
    ]
    assert told["isCut"] is False


def test_a_long_log_is_read_from_its_end_and_the_one_before_it_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "_PIECE", 256)
    log = tmp_path / "requests.jsonl"
    (tmp_path / "requests.old.jsonl").write_text("".join(line(at) for at in range(500)))
    log.write_text("".join(line(at) for at in range(500, 1000)))

    def count(since_s: float) -> tuple[int, bool]:
        told = asked.asked_of_late(log, since_s, 10)
        return sum(span["count"] for span in told["spans"]), told["isCut"]

    assert [count(990), count(400), count(-1)] == [(10, False), (600, False), (1000, False)]
    monkeypatch.setattr(asked, "_MOST", 2000)
    seen, is_cut = count(0)
    assert is_cut and 0 < seen < 100


def test_an_endpoint_tells_what_it_was_asked_and_by_whom_it_is_answered(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    for _ in range(3):
        assert endpoint.ask(1, "blue").status_code == 200
    endpoints = endpoint.place.platform.shelves.online_endpoint
    id = endpoint.get().id

    def spans() -> list[tuple[str, int]]:
        return [(each["deployment"], each["count"]) for each in endpoints.asked(id, 60, 3600)["spans"]]

    until(lambda: ("blue", 3) in spans(), "three requests in the log")
    deployments = endpoint.place.platform.shelves.online_deployment
    own = ResourceId(id.scope, "onlineDeployments", id.name, "blue")
    (instance,) = [each for each in deployments.instances(own) if each["of"] == "run"]
    assert instance["phase"] == "ready"
    deployments.log(own, "InferenceServer", 10, instance["name"])
    with pytest.raises(NotFound, match="no instance"):
        deployments.log(own, "InferenceServer", 10, "another")
