"""A job followed through its events on a real server: at once, without a gap, and at no cost where nothing happens."""

from __future__ import annotations

import json
import os
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.journeys.crashing import SCOPE, Server, server

from lazuli.compute.contract import until

TALK = """python - <<'END'
import json, os, time, urllib.request
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
head = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
for step in range(12):
    metric = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "m", "value": time.time(), "step": step, "timestamp": 1}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(metric).encode(), head)).read()
    print(time.time(), flush=True)
    time.sleep(0.5)
END
"""
LISTENERS = 100
SILENCE_S = 3.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("following") / "data"
    folder.mkdir()
    with server(folder) as house:
        house.start()
        house.found()
        yield house


def events(house: Server, job: str, last_id: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The events of a job as they come: id, name, data."""
    headers = {"Authorization": f"Bearer {(house.data_dir / 'token').read_text().strip()}", "Last-Event-ID": last_id}
    headers = {name: value for name, value in headers.items() if value}
    url = f"{house.url}{SCOPE}/jobs/{job}/events"
    with httpx.stream("GET", url, headers=headers, timeout=400, trust_env=False) as answer:
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line and not line.startswith(":"):
                word, _, value = line.partition(": ")
                event[word] = value
            elif event:
                yield event.get("id", ""), event["event"], json.loads(event["data"])
                event = {}


def test_what_a_job_says_and_measures_arrives_within_a_fraction_of_a_second(house: Server) -> None:
    house.job("talking", TALK)
    late: dict[str, list[float]] = {"log": [], "metric": []}
    for _, name, data in events(house, "talking"):
        if name == "log":
            late["log"] += [time.time() - float(line) for line in data["text"].split()]
        elif name == "metric":
            late["metric"].append(time.time() - data["value"])
    assert len(late["log"]) == 12 and 6 <= len(late["metric"]) <= 12
    for name, times in late.items():
        assert statistics.median(times) < 0.5, (name, times)


def test_a_listener_that_comes_back_misses_no_line(house: Server) -> None:
    house.job("counting", "for i in $(seq 300); do echo line $i; sleep 0.01; done")
    said, last, turns, over = "", "", 0, False
    while not over:
        turns += 1
        for id, name, data in events(house, "counting", last):
            over = name == "done"
            if name == "log":
                said, last = said + data["text"], id
                if turns < 5:
                    break  # hang up, and come back with the id of what came last
    assert said.splitlines() == [f"line {i}" for i in range(1, 301)]
    assert turns == 5


def test_a_hundred_listeners_to_silence_cost_next_to_nothing(house: Server) -> None:
    house.job("silent", "sleep 600")
    until(lambda: house.status("silent") == "Running", "a job that runs")
    before = _seconds_of_cpu(house, SILENCE_S)
    place = urlsplit(house.url)
    token = (house.data_dir / "token").read_text().strip()
    ask = f"GET {SCOPE}/jobs/silent/events HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    with ExitStack() as open_lines:
        for _ in range(LISTENERS):
            line = open_lines.enter_context(socket.create_connection((place.hostname or "", place.port or 80)))
            line.sendall(ask.encode())
            assert line.recv(12).startswith(b"HTTP/1.1 200")
        time.sleep(1)  # the first look of each is dear
        spent = _seconds_of_cpu(house, SILENCE_S) - before
    house.call("POST", f"{SCOPE}/jobs/silent/cancel")
    assert spent / SILENCE_S < 0.4, f"{spent / SILENCE_S:.1%} of a core"


def _seconds_of_cpu(house: Server, seconds: float) -> float:
    """How much of a core the server needs in that time."""
    pid = json.loads((house.data_dir / "server.json").read_text())["pid"]

    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    began = used()
    time.sleep(seconds)
    return used() - began
