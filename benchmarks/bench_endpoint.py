"""How fast an endpoint answers: a scikit-learn pipeline as ONNX, one row of JSON in and out, over loopback.

The endpoint is the front as a deployment has it: key, traffic split over two deployments, log and counts. The
yardstick is the least that can be written: an ASGI handler around ``session.run`` on uvicorn, which knows no key, no
names and no mistakes. Measured is how many requests a second 16 connections get answered, in turns; what a request
costs in CPU time, which a busy machine changes less; how long one takes at half of the lesser load, from the moment it
was due; how long the front takes from its start to the first 200; and what batches do for a small CNN that 64 callers
ask at once. Promises: 0.6 × the handler, a start within 1.5 s, 2 × by batches.

``--peers`` measures other people's servers beside it, in environments of their own below ``.cache``: a FastAPI app as
people write it (promised: 2.5 × that, and a p99 no longer than its), Azure's inference server with a ``score.py``
(6 ×) and ``mlflow models serve`` (10 ×), all around the same ONNX file, with one worker process each.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.load import once, paced_s, request, seconds_for
from benchmarks.peers import MLFLOW
from tests.clients.environments import client_environment
from tests.runtime.scoring import free_port

REQUESTS, ROUNDS, CONNECTIONS = 4_000, 5, 16
PACED_S = 4.0
PICTURES, CALLERS, BATCH = 1_000, 64, 32
PROMISE, PROMISE_START_S, PROMISE_BATCH = 0.6, 1.5, 2.0
NOISE = 1.5
"""How much slower a busy machine may be before a promise counts as missed."""
PEERS = {"FastAPI, as people write it": 2.5, "azmlinfsrv with score.py": 6.0, "mlflow models serve": 10.0}
"""How many times as many requests a second as each we promise."""
RUNTIME = ["onnxruntime==1.31.1", "numpy"]
ROUND_S = 2.0
"""What a round of a slow server may take: it is sent fewer requests."""
KEY = "a key"
ROW = [5.1, 3.5, 1.4, 0.2]
HANDLER = """
import sys
import numpy as np, onnxruntime as ort, orjson, uvicorn

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options)
name = session.get_inputs()[0].name

async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    rows = np.array(orjson.loads(body)["input_data"], dtype=np.float32)
    said = orjson.dumps(session.run(["label"], {name: rows})[0], option=orjson.OPT_SERIALIZE_NUMPY)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})

uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="error", http="httptools", lifespan="off")
"""
FASTAPI = """
import sys
import numpy as np, onnxruntime as ort, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

session = ort.InferenceSession(sys.argv[1])
name = session.get_inputs()[0].name
app = FastAPI()

class Rows(BaseModel):
    input_data: list[list[float]]

@app.post("/score")
def score(rows: Rows) -> list[int]:
    found = session.run(["label"], {name: np.array(rows.input_data, dtype=np.float32)})
    return found[0].tolist()

uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="error")
"""
SCORE = """
import json, os
import numpy as np, onnxruntime as ort

def init():
    global session, name
    session = ort.InferenceSession(os.environ["MODEL"])
    name = session.get_inputs()[0].name

def run(data):
    rows = np.array(json.loads(data)["input_data"], dtype=np.float32)
    return session.run(["label"], {name: rows})[0].tolist()
"""
SAVE = """
import sys
import mlflow, onnx

mlflow.onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2])
"""


def main() -> int:
    """Measure, print, and tell whether the promises were kept."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        pipeline(folder / "model.onnx")
        cnn(folder / "cnn.onnx")
        began = time.perf_counter()
        said = {"model": str(folder / "model.onnx")}
        front = stack.enter_context(
            fronted(folder / "split", {"blue": said, "green": said}, {"input_data": [ROW], "outputs": ["label"]})
        )
        started_s = time.perf_counter() - began
        bare = stack.enter_context(own(sys.executable, HANDLER, folder))
        servers = {"the endpoint": front, "a bare ASGI handler": bare}
        if "--peers" in sys.argv:
            for name, peer in zip(PEERS, (fastapi(folder), azmlinfsrv(folder), mlflow_serve(folder)), strict=True):
                servers[name] = stack.enter_context(peer)
        rates, costs = loaded(servers)
        tails = print_table(servers, rates, costs)
        batches = batched(folder)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    endpoint, bare, *_ = medians.values()
    print(f"start of the front → first 200: {started_s:.2f} s, promised ≤ {PROMISE_START_S} s")
    print(f"CNN, {CALLERS} callers: {batches:.1f} × by batches, promised ≥ {PROMISE_BATCH} ×")
    print(f"ratio {endpoint / bare:.2f}× of the bare handler, promised ≥ {PROMISE} ×")
    kept = [endpoint / bare * NOISE > PROMISE, started_s < PROMISE_START_S * NOISE, batches * NOISE > PROMISE_BATCH]
    for name, promised in PEERS.items() if "--peers" in sys.argv else ():
        print(f"ratio {endpoint / medians[name]:.1f}× of {name}, promised ≥ {promised} ×")
        kept.append(endpoint / medians[name] * NOISE > promised)
    if "--peers" in sys.argv:
        ours, theirs = tails["the endpoint"], tails["FastAPI, as people write it"]
        print(f"p99 at half load: {1000 * ours:.2f} ms, of FastAPI {1000 * theirs:.2f}, promised no more than that")
        kept.append(ours < theirs * NOISE)
    return int(not all(kept))


class Server:
    """A server that answers at ``/score``, and the request it is sent."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, body: Any, path: str) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}"
        self.sent = request(self.url, "POST", path, body, {"Authorization": f"Bearer {KEY}"})

    def rate(self, count: int, connections: int) -> float:
        """Requests a second."""
        return count / seconds_for(self.url, [self.sent] * count, connections)

    def cpu_s(self) -> float:
        """Seconds of CPU time of its processes so far."""
        group, ticks = os.getpgid(self.process.pid), 0
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                words = file.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            ticks += int(words[11]) + int(words[12]) if int(words[2]) == group else 0
        return ticks / os.sysconf("SC_CLK_TCK")


def loaded(servers: dict[str, Server]) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Requests a second of each round, and microseconds of CPU a request, of each server; in turns."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    used = dict.fromkeys(servers, 0.0)
    counts = {
        name: min(REQUESTS, int(ROUND_S * server.rate(REQUESTS // 8, CONNECTIONS))) for name, server in servers.items()
    }
    for _ in range(ROUNDS):
        for name, server in servers.items():
            before = server.cpu_s()
            rates[name].append(server.rate(counts[name], CONNECTIONS))
            used[name] += server.cpu_s() - before
    return rates, {name: 1e6 * seconds / counts[name] / ROUNDS for name, seconds in used.items()}


def print_table(servers: dict[str, Server], rates: dict[str, list[float]], costs: dict[str, float]) -> dict[str, float]:
    """What was measured, and how long a request takes at half of the load that the slower of the first two bears.

    A slower server has half of its own. Gives the p99 of each in seconds.
    """
    tails: dict[str, float] = {}
    half_load = min(statistics.median(found) for found in list(rates.values())[:2]) / 2
    words = f"{'requests/s':>11}{'least':>8}{'most':>8}{'CPU µs':>8}{'p50 ms':>8}{'p99 ms':>8}"
    print(f"{f'of {ROUNDS} rounds':<30}{words}")
    for name, server in servers.items():
        rate = rates[name]
        load = min(half_load, statistics.median(rate) / 2)
        cuts = statistics.quantiles(paced_s(server.url, server.sent, load, PACED_S), n=100)
        row = f"{statistics.median(rate):>11.0f}{min(rate):>8.0f}{max(rate):>8.0f}{costs[name]:>8.0f}"
        print(f"{name:<30}{row}{1000 * cuts[49]:>8.2f}{1000 * cuts[98]:>8.2f}")
        tails[name] = cuts[98]
    return tails


def batched(folder: Path) -> float:
    """How many times as many pictures a second are answered with batches."""
    picture = np.random.default_rng(7).random((1, 1, 28, 28), np.float32).round(2).tolist()
    rates: dict[int, list[float]] = {1: [], BATCH: []}
    with ExitStack() as stack:
        servers = {}
        for batch in rates:
            said = {"blue": {"model": str(folder / "cnn.onnx"), "batch": batch, "timeout_ms": 60_000}}
            servers[batch] = stack.enter_context(fronted(folder / f"cnn{batch}", said, {"input_data": picture}))
        for _ in range(ROUNDS):
            for batch, server in servers.items():
                rates[batch].append(server.rate(PICTURES, CALLERS))
    return statistics.median(rates[BATCH]) / statistics.median(rates[1])


@contextmanager
def fronted(place: Path, deployments: dict[str, dict[str, Any]], body: Any) -> Iterator[Server]:
    """The front of an endpoint with these deployments, which share the traffic."""
    place.mkdir()
    port = free_port()
    table = {
        "endpoint": place.name,
        "address": ["127.0.0.1", port],
        "control": str(place / "front.sock"),
        "log": str(place / "requests.jsonl"),
        "keys": [hashlib.sha256(KEY.encode()).hexdigest()],
        "traffic": dict.fromkeys(deployments, 100 // len(deployments)),
        "deployments": {name: {"kind": "onnx", **said} for name, said in deployments.items()},
    }
    (place / "config.json").write_text(json.dumps(table))
    with running([sys.executable, "-m", "lazuli.runtime.front", str(place / "config.json")], port, body) as server:
        yield server


def fastapi(folder: Path) -> Any:
    """The FastAPI app."""
    return own(client_environment("fastapi", ["fastapi", "uvicorn[standard]", *RUNTIME]), FASTAPI, folder)


def azmlinfsrv(folder: Path) -> Any:
    """Azure's inference server with a scoring script."""
    python = client_environment("azmlinfsrv", ["azureml-inference-server-http==1.5.1", *RUNTIME])
    (folder / "score.py").write_text(SCORE)
    port = free_port()
    command = [str(python.with_name("azmlinfsrv")), "--entry_script", str(folder / "score.py"), "--port", str(port)]
    environ = {"MODEL": str(folder / "model.onnx")}
    return running(command, port, {"input_data": [ROW]}, environ=environ)


def mlflow_serve(folder: Path) -> Any:
    """MLflow's own server around the same file."""
    python = client_environment("mlflow-onnx", [MLFLOW, "onnx", *RUNTIME])
    saved, port = folder / "mlflow", free_port()
    subprocess.run([python, "-c", SAVE, folder / "model.onnx", saved], check=True, capture_output=True)
    command = [str(python.with_name("mlflow")), "models", "serve", "-m", str(saved), "-p", str(port)]
    command += ["--env-manager", "local", "--workers", "1"]
    environ = {"PATH": f"{python.parent}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return running(command, port, {"inputs": [ROW]}, "/invocations", environ)


def own(python: Path | str, source: str, folder: Path) -> Any:
    """A server whose whole source is here."""
    port = free_port()
    return running([str(python), "-c", source, str(folder / "model.onnx"), str(port)], port, {"input_data": [ROW]})


@contextmanager
def running(
    command: list[str], port: int, body: Any, path: str = "/score", environ: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server, from its first answer on."""
    with tempfile.TemporaryFile() as log:
        around = {**os.environ, **(environ or {})}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=around, start_new_session=True)
        try:
            server = Server(process, port, body, path)
            ends = time.monotonic() + 120
            while not answers(server):
                if process.poll() is not None or time.monotonic() > ends:
                    log.seek(0)
                    raise RuntimeError(log.read().decode())
                time.sleep(0.01)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(server: Server) -> bool:
    """Whether it answers its request."""
    try:
        once(server.url, server.sent)
    except OSError:
        return False
    return True


def pipeline(path: Path) -> None:
    """A scaler and a logistic regression, learnt from rows of four numbers."""
    from skl2onnx import to_onnx
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
    sets = {"": 21, "ai.onnx.ml": 3}
    made: Any = to_onnx(model, rows[:1].astype("float32"), options={"zipmap": False}, target_opset=sets)
    path.write_bytes(made.SerializeToString())


def cnn(path: Path) -> None:
    """Two convolutions over pictures of 28 by 28, with numbers that nobody learnt."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    draw = np.random.default_rng(7).standard_normal
    shapes = {"w1": (32, 1, 3, 3), "w2": (64, 32, 3, 3), "w3": (9216, 128), "w4": (128, 10)}
    stored = [numpy_helper.from_array(draw(shape).astype("float32"), name) for name, shape in shapes.items()]
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2"], ["c"]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("MaxPool", ["d"], ["e"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("MatMul", ["f", "w3"], ["g"]),
        helper.make_node("Relu", ["g"], ["h"]),
        helper.make_node("MatMul", ["h", "w4"], ["y"]),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 1, 28, 28])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 10])
    graph = helper.make_graph(nodes, "cnn", [taken], [given], stored)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)


if __name__ == "__main__":
    sys.exit(main())
