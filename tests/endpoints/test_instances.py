"""Instances of deployments: they come and go, fall and stand up again, and no request fails."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.endpoints.conftest import Served, answering
from tests.endpoints.test_serving import INIT_FAILS

from lazuli.compute.contract import until
from lazuli.endpoints.instances import READY, UNREADY, Instance, instances_of

WHO = "import os, time\ndef init(): pass\ndef run(data):\n    time.sleep({seconds})\n    return os.getppid()\n"
"""Answers with its instance."""


def ready(endpoint: Served) -> list[Instance]:
    """The instances that answer."""
    return [each for each in instances_of(endpoint.get("blue").state.get("run") or {}) if each.phase == READY]


def pid(endpoint: Served, each: Instance) -> int:
    """The process that keeps an instance's workers."""
    home = endpoint.place.platform.engine.folder(each.key).parent
    return int(json.loads((home / "started.json").read_text())["pid"])


@dataclass
class Asking:
    """Callers that ask again and again."""

    statuses: Counter[int] = field(default_factory=Counter)
    said: list[Any] = field(default_factory=list)


@contextmanager
def asking(endpoint: Served, callers: int) -> Iterator[Asking]:
    found, done = Asking(), threading.Event()
    key = endpoint.place.platform.shelves.online_endpoint.keys.of(endpoint.id())["primary"]
    headers = {"Authorization": f"Bearer {key}", "azureml-model-deployment": "blue"}

    def ask() -> None:
        with httpx.Client(headers=headers, timeout=60) as client:
            while not done.is_set():
                answer = client.post(endpoint.url, json=1)
                found.statuses[answer.status_code] += 1
                found.said.append(answer.json())

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_instances_come_and_go_and_what_answers_goes_on(endpoint: Served) -> None:
    script = WHO.format(seconds=0.005)
    endpoint.up("blue", script)
    [first] = ready(endpoint)
    with asking(endpoint, 2) as found:
        until(lambda: found.said, "an answer")
        endpoint.up("blue", script, instance_count=3)
        assert len(ready(endpoint)) == 3 and ready(endpoint)[0] == first
        until(lambda: len(set(found.said)) >= 2, "answers of another")
        endpoint.up("blue", script, instance_count=1, tags={"a": "b"})
        assert ready(endpoint) == [first]
        engine = endpoint.place.platform.engine
        until(lambda: [key for key in engine.orphans(()) if first.key[:-1] in key] == [first.key], "the others' end")
        seen = len(found.said)
        until(lambda: len(found.said) > seen + 10, "more answers")
        assert len(set(found.said[seen + 2 :])) == 1
    assert set(found.statuses) == {200}


def test_one_that_falls_is_replaced_while_another_answers(endpoint: Served) -> None:
    endpoint.up("blue", WHO.format(seconds=0.005), instance_count=2)
    before = ready(endpoint)
    with asking(endpoint, 2) as found:
        until(lambda: len(set(found.said)) == 2, "both answer")
        os.kill(pid(endpoint, before[1]), signal.SIGKILL)
        until(lambda: len(ready(endpoint)) == 2 and ready(endpoint) != before, "its successor")
    assert set(found.statuses) == {200} and ready(endpoint)[0] == before[0]
    assert endpoint.until("Succeeded", "blue").state["run"]["instances"][1]["failures"] == 1


def test_more_instances_that_cannot_start_fail_the_change_alone(endpoint: Served, tmp_path: Path) -> None:
    script = "import os\ndef init():\n    open(os.environ['ONCE'], 'x')\ndef run(data): return 1\n"
    there = tmp_path / "there"
    once = {"ONCE": str(there)}
    endpoint.up("blue", script, environment_variables=once)
    endpoint.deploy("blue", script, environment_variables=once, instance_count=2)
    failed = endpoint.until("Failed", "blue")
    assert "FileExistsError" in failed.state["error"]["message"]
    assert endpoint.ask(1, "blue").json() == 1
    there.unlink()
    until(lambda: len(ready(endpoint)) == 2, "the other one after all")


def test_what_answers_after_a_failed_change_is_kept_up(endpoint: Served) -> None:
    endpoint.up("blue", answering("old"))
    endpoint.deploy("blue", INIT_FAILS)
    endpoint.until("Failed", "blue")
    [before] = ready(endpoint)
    os.kill(pid(endpoint, before), signal.SIGKILL)
    until(lambda: ready(endpoint) not in ([], [before]), "its successor")
    assert endpoint.get("blue").status == "Failed" and endpoint.ask(1, "blue").json() == ["old", 1]


PROBE = {"initial_delay": 0, "period": 1, "timeout": 1, "failure_threshold": 1}


def test_an_instance_that_hangs_is_taken_away_and_replaced(endpoint: Served) -> None:
    patient = {**PROBE, "failure_threshold": 3}
    endpoint.up("blue", WHO.format(seconds=0), instance_count=2, readiness_probe=PROBE, liveness_probe=patient)
    first, second = ready(endpoint)
    hung = pid(endpoint, first)
    [worker] = Path(f"/proc/{hung}/task/{hung}/children").read_text().split()
    os.kill(int(worker), signal.SIGSTOP)

    def phases() -> dict[str, str]:
        return {each.key: each.phase for each in instances_of(endpoint.get("blue").state["run"])}

    until(lambda: phases().get(first.key) == UNREADY, "it is found not to be ready")
    until(lambda: endpoint.get().state["serving"]["blue"] == second.key, "the front asks the other alone")
    assert {endpoint.ask(1, "blue").json() for _ in range(6)} == {pid(endpoint, second)}
    until(lambda: first.key not in phases() and len(ready(endpoint)) == 2, "its successor")
    assert endpoint.ask(1, "blue").status_code == 200


def test_a_long_request_is_no_sign_of_illness(endpoint: Served) -> None:
    said = {"request_settings": {"request_timeout_ms": 60_000}, "liveness_probe": PROBE, "readiness_probe": PROBE}
    endpoint.up("blue", WHO.format(seconds=3.5), **said)
    [only] = ready(endpoint)
    assert endpoint.ask(1, "blue").json() == pid(endpoint, only)
    assert ready(endpoint) == [only]


def test_instances_follow_the_load(endpoint: Served) -> None:
    scale = {"type": "target_utilization", "min_instances": 1, "max_instances": 3, "polling_interval": 1}
    said = {"request_settings": {"max_queue_wait_ms": 10_000}, "scale_settings": scale}
    endpoint.up("blue", WHO.format(seconds=0.02), **said)
    with asking(endpoint, 2) as found:
        until(lambda: len(ready(endpoint)) == 3, "as many as two callers need at 70 percent")
        assert "requests at a time" in endpoint.get("blue").state["run"]["why"]
        until(lambda: len(set(found.said)) == 3, "answers of all")
        state = endpoint.get("blue").state["run"]["instances"]
    until(lambda: len(ready(endpoint)) == 1, "the least when nobody asks")
    assert set(found.statuses) == {200} and ready(endpoint)[0].key == state[0]["key"]


def test_a_mirror_touches_no_caller(endpoint: Served) -> None:
    endpoint.up("blue", answering("blue"))
    slow = "import time\ndef init(): pass\ndef run(data):\n    time.sleep(1)\n    raise ValueError(data)\n"
    endpoint.up("green", slow)
    endpoint.put(traffic={"blue": 100}, mirror_traffic={"green": 50})
    endpoint.until("Succeeded")
    answers = [endpoint.ask(number) for number in range(20)]
    assert [answer.json() for answer in answers] == [["blue", number] for number in range(20)]
    assert {answer.headers["azureml-model-deployment"] for answer in answers} == {"blue"}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 1
    until(lambda: "ValueError" in endpoint.log("green"), "what it was asked")
    endpoint.put(traffic={"blue": 100}, mirror_traffic={})
    endpoint.until("Succeeded")
