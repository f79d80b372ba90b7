"""Many clients for minutes, and a restart under them: nothing acknowledged is lost, and the server does not grow."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from tests.journeys.crashing import SCOPE, Server, points_of, server

from lazuli.compute.contract import until

SECONDS = float(os.environ.get("LAZULI_SOAK_SECONDS", "240"))
CLIENTS = 16
SUBMITTERS = 3
MLFLOW = f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"
MOST_FILES = 400
MOST_THREADS = 200


class Sample(NamedTuple):
    """What a process takes at a moment."""

    at: float
    pid: int
    resident_mb: float
    files: int
    threads: int


def sample(pid: int) -> Sample:
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Sample(time.monotonic(), pid, int(said["VmRSS"].split()[0]) / 1024, files, int(said["Threads"]))


class Load:
    """The clients, what was acknowledged to them, and what went wrong."""

    def __init__(self, house: Server) -> None:
        self._house = house
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.faults: list[str] = []
        self.points: dict[str, int] = {}
        """How many steps of ``loss`` were acknowledged, by run."""
        self.jobs: set[str] = set()
        self.samples: list[Sample] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """All clients at work."""
        work = [self._track] * CLIENTS + [self._submit] * SUBMITTERS + [self._watch, self._measure]
        threads = [threading.Thread(target=self._noted, args=(one, n)) for n, one in enumerate(work)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _noted(self, work: Callable[[httpx.Client, int], None], number: int) -> None:
        headers = {"Authorization": f"Bearer {self._house.token}"}
        try:
            with httpx.Client(base_url=self._house.url, headers=headers, timeout=60, trust_env=False) as client:
                while not self._over.is_set():
                    work(client, number)
        except BaseException as error:
            self.faults.append(f"{work.__name__}: {error!r}")

    def _ask(self, client: httpx.Client, what: str, method: str, path: str, body: Any = None) -> Any:
        """The answer, asked for again while the server is away; a fault is noted."""
        while True:
            try:
                answer = client.request(method, path, json=body)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            with self._lock:
                self.calls[what] += 1
                if answer.status_code >= 400 and not (what == "cancel" and answer.status_code == 409):
                    self.faults.append(f"{what}: {answer.status_code} {answer.text[:300]}")
            return answer.json() if answer.content else None

    def _track(self, client: httpx.Client, number: int) -> None:
        made = self._ask(client, "create run", "POST", f"{MLFLOW}/runs/create", {"experiment_id": "0"})
        run = made["run"]["info"]["run_id"]
        for batch in range(20):
            steps = range(batch * 50, batch * 50 + 50)
            said = [{"key": "loss", "value": step, "step": step, "timestamp": step} for step in steps]
            self._ask(client, "log batch", "POST", f"{MLFLOW}/runs/log-batch", {"run_id": run, "metrics": said})
            self.points[run] = steps.stop
            if self._over.is_set():
                return
        search = {"experiment_ids": ["0"], "filter": "metrics.loss > 10", "max_results": 20}
        self._ask(client, "search", "POST", f"{MLFLOW}/runs/search", search)
        query = f"run_id={run}&metric_key=loss"
        self._ask(client, "history", "GET", f"{MLFLOW}/metrics/get-history?{query}")

    def _submit(self, client: httpx.Client, number: int) -> None:
        name = f"load{number}x{len(self.jobs)}x{random.randrange(10**9)}"
        said = {"jobType": "Command", "command": "true", "environmentId": "azureml:plain:1", "computeId": "few"}
        self._ask(client, "submit", "PUT", f"{SCOPE}/jobs/{name}", {"properties": said})
        self.jobs.add(name)
        self._ask(client, "list", "GET", f"{SCOPE}/jobs?$top=20")
        if random.random() < 0.3:
            self._ask(client, "cancel", "POST", f"{SCOPE}/jobs/{name}/cancel")
        time.sleep(0.5)

    def _watch(self, client: httpx.Client, number: int) -> None:
        """Begin to follow a job, and hang up, as closed browser tabs do."""
        for name in list(self.jobs)[-3:]:
            try:
                with client.stream("GET", f"{SCOPE}/jobs/{name}/events", timeout=2) as answer:
                    next(answer.iter_bytes(), b"")
            except httpx.TransportError:
                pass
        time.sleep(0.2)

    def _measure(self, client: httpx.Client, number: int) -> None:
        with suppress(OSError, AssertionError):  # between two servers
            self.samples.append(sample(self._house.pid))
        time.sleep(1)


@pytest.mark.timeout(3600)
def test_many_clients_for_minutes_and_a_restart_under_them(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        scale = {"properties": {"scaleSettings": {"maxNodeCount": 2}}}
        house.put("/computes/few", {"computeType": "AmlCompute", **scale})
        before = sample(house.pid)
        load = Load(house)
        with load.running():
            time.sleep(SECONDS / 4)
            house.end()
            house.start()
            time.sleep(SECONDS * 3 / 4)
        until(lambda: sample(house.pid).files <= before.files + 100, "an end of its connections")
        tell(load, before, sample(house.pid))
        assert load.faults == []
        for run, many in load.points.items():
            assert {step for step, _ in points_of(house, run, "loss")} >= set(range(many)), run
        assert {name for name in load.jobs if house.status(name)} == load.jobs
        second = [one for one in load.samples if one.pid == house.pid]
        early, late = (max(one.resident_mb for one in part) for part in (second[: len(second) // 3], second[-30:]))
        assert late <= early * 1.3 + 40, f"{early:.0f} MB became {late:.0f} MB"
        assert max(one.files for one in load.samples) <= MOST_FILES
        assert max(one.threads for one in load.samples) <= MOST_THREADS
        assert "Traceback" not in (tmp_path / "server.log").read_text()
        house.end()


def tell(load: Load, before: Sample, after: Sample) -> None:
    """Print the figures."""
    print(f"{sum(load.calls.values())} calls in {SECONDS:.0f} s: {dict(load.calls)}")
    print(f"{sum(load.points.values())} points of {len(load.points)} runs, {len(load.jobs)} jobs")
    for word in ("resident_mb", "files", "threads"):
        most = max(getattr(one, word) for one in load.samples)
        print(f"{word}: {getattr(before, word):.0f} before, {most:.0f} at most, {getattr(after, word):.0f} after")
