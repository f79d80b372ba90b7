"""An endpoint under half of the load that it bears, while all is done to it that may happen in its life.

Deployments are changed, added and taken away, traffic moves, processes that answer are killed, and so is the server.
Every request is answered with 200, by who may answer it, and what answers does not grow.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
from tests.journeys.crashing import Server, processes_of, server

from lazuli.compute.contract import until

LAZULI = Path(sys.executable).parent / "lazuli"
CALLERS, PROBE_S, PAUSE_S = 4, 3.0, 1.5
NAME, ROWS = "prices", [[1.0, 2.0], [3.0, 4.0]]
GROWTH, SLACK_MB = 1.15, 15.0


SCRIPT = """
import json
def init(): pass
def run(data): return [row[0] + 2 * row[1] for row in json.loads(data)["input_data"]]
"""
DEPLOYMENT = """
name: blue
endpoint_name: prices
code_configuration: {code: src, scoring_script: score.py}
environment: azureml:plain:1
instance_count: 2
request_settings: {max_concurrent_requests_per_instance: 2}
"""


class Callers:
    """Threads that ask at a pace, and what they were told."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._body = json.dumps({"input_data": ROWS}).encode()
        self.told: Counter[tuple[int, str, str]] = Counter()
        self.waits: list[float] = []

    @contextmanager
    def asking(self, rate: float = 0.0) -> Iterator[None]:
        """Ask so many times a second, or as fast as answers come."""
        over = threading.Event()
        threads = [threading.Thread(target=self._ask, args=(over, rate / CALLERS)) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def capacity(self) -> float:
        """Requests a second that the endpoint answers to these callers."""
        began, before = time.monotonic(), self.told.total()
        with self.asking():
            time.sleep(PROBE_S)
        return (self.told.total() - before) / (time.monotonic() - began)

    def _ask(self, over: threading.Event, rate: float) -> None:
        due = time.monotonic()
        with httpx.Client(headers=self._headers, timeout=60, trust_env=False) as client:
            while not over.is_set():
                began = time.monotonic()
                try:
                    answer = client.post(self._url, content=self._body)
                    who = answer.headers.get("azureml-model-deployment", "")
                    said = (answer.status_code, who, answer.text if answer.status_code != 200 else "")
                except httpx.TransportError as error:
                    said = (0, "", repr(error))
                self.told[said] += 1
                self.waits.append(time.monotonic() - began)
                due += 1 / rate if rate else 0.0
                if rate:
                    over.wait(max(0.0, due - time.monotonic()))


class Life:
    """What happens to an endpoint, one thing after the other."""

    def __init__(self, house: Server, folder: Path) -> None:
        self.house, self._folder = house, folder
        self.done: Counter[str] = Counter()
        self.sizes: list[float] = []
        """Megabytes that the front has in memory, after each event."""
        self._changes = 0

    def lazuli(self, *words: str) -> str:
        """What a command prints."""
        where = ["--subscription", "s", "-g", "g", "-w", "w"]
        environ = {**os.environ, "LAZULI_DATA_DIR": str(self.house.data_dir)}
        done = subprocess.run(
            [LAZULI, *words, *where], cwd=self._folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def begin(self, model: Path) -> Callers:
        """An endpoint with a script and an ONNX model behind it, which share the traffic."""
        (self._folder / "src").mkdir()
        (self._folder / "src" / "score.py").write_text(SCRIPT)
        (self._folder / "blue.yml").write_text(DEPLOYMENT)
        self.lazuli("online-endpoint", "create", "-n", NAME)
        self.lazuli("model", "create", "-n", "tiny", "--path", str(model))
        self.deploy("blue")
        self.lazuli("online-deployment", "create", *self._named("onnx"), "--set", "model=azureml:tiny:1")
        self._share(blue=50, onnx=50)
        shown = json.loads(self.lazuli("online-endpoint", "show", "-n", NAME, "-o", "json"))
        keys = json.loads(self.lazuli("online-endpoint", "get-credentials", "-n", NAME, "-o", "json"))
        return Callers(shown["scoring_uri"], keys["primaryKey"])

    def deploy(self, name: str) -> None:
        """Make a deployment with the script, or change it."""
        self._changes += 1
        changed = f"environment_variables.CHANGE={self._changes}"
        self.lazuli("online-deployment", "create", "-f", "blue.yml", "-n", name, "--set", changed)

    def events(self) -> Iterator[Callable[[], None]]:
        """What happens, over and over."""
        return cycle([self.change, self.kill_a_worker, self.flip, self.kill_the_server, self.kill_a_worker])

    def change(self) -> None:
        """Start the script's processes anew, with another setting."""
        self.deploy("blue")

    def flip(self) -> None:
        """Let another deployment take over, and take it away again."""
        self.deploy("green")
        self._share(blue=0, green=50, onnx=50)
        self._share(blue=100, green=0, onnx=0)
        self.lazuli("online-deployment", "delete", *self._named("green"), "-y")
        self._share(blue=50, onnx=50)

    def kill_a_worker(self) -> None:
        """Kill one of the processes that run the script; or that above them, and an instance is gone."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(random.choice(self._processes("lazuli_score")), signal.SIGKILL)

    def kill_the_server(self) -> None:
        """Kill the server, and start it again."""
        self.house.end(signal.SIGKILL)
        self.house.start()

    def run(self, seconds: float) -> None:
        """Let it all happen for so long."""
        ends = time.monotonic() + seconds
        for event in self.events():
            if time.monotonic() > ends:
                return
            event()
            self.done[event.__name__] += 1
            self.sizes.append(self.front_mb())
            time.sleep(PAUSE_S)

    def front_mb(self) -> float:
        """What the endpoint's front has in memory."""
        fronts = self._processes("lazuli.runtime.front")
        said = Path(f"/proc/{max(fronts, key=_resident)}/status").read_text()
        return int(said.partition("VmRSS:")[2].split()[0]) / 1024

    def _processes(self, word: str) -> list[int]:
        found = processes_of(self.house.data_dir, "")
        return [pid for pid in found if word.encode() in _command(pid)]

    def _share(self, **shares: int) -> None:
        said = " ".join(f"{name}={share}" for name, share in shares.items())
        self.lazuli("online-endpoint", "update", "-n", NAME, "--traffic", said)

    def _named(self, name: str) -> list[str]:
        return ["-n", name, "-e", NAME]


def soak(folder: Path, seconds: float) -> None:
    """Half of the load for so long, and everything that may happen meanwhile."""
    tiny(folder / "tiny.onnx")
    with server(folder / "d") as house:
        house.start()
        house.found()
        life = Life(house, folder)
        callers = life.begin(folder / "tiny.onnx")
        rate = callers.capacity() / 2
        callers.told.clear()
        callers.waits.clear()
        with callers.asking(rate):
            life.run(seconds)
        tell(life, callers, rate)
        failed = {said: many for said, many in callers.told.items() if said[0] != 200}
        assert not failed, failed
        assert {who for _, who, _ in callers.told} == {"blue", "green", "onnx"}
        early, late = (statistics.median(part) for part in (life.sizes[:5], life.sizes[-5:]))
        assert late <= early * GROWTH + SLACK_MB, f"{early:.0f} MB became {late:.0f} MB"
        life.lazuli("online-endpoint", "delete", "-n", NAME, "-y")
        until(lambda: not life._processes("lazuli_score"), "an end of its processes")
        house.end()


def tell(life: Life, callers: Callers, rate: float) -> None:
    """Print the figures."""
    cuts = statistics.quantiles(callers.waits, n=1000)
    print(f"{callers.told.total()} requests at {rate:.0f} a second, half of what was borne; {dict(life.done)}")
    print(f"answers: { {f'{code} {who}{text}': many for (code, who, text), many in callers.told.items()} }")
    print(f"p50 {1000 * cuts[499]:.1f} ms, p99 {1000 * cuts[989]:.1f}, slowest {1000 * max(callers.waits):.0f}")
    print(f"front: {life.sizes[0]:.0f} MB at first, {max(life.sizes):.0f} at most, {life.sizes[-1]:.0f} at last")


def tiny(path: Path) -> None:
    """An ONNX model of two columns, which the script's model could be."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.array([[1.0], [2.0]], dtype="float32"), "w")
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 2])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 1])
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "tiny", [taken], [given], [weights])
    made: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.save(made, path)


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0
