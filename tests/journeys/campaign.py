"""A server under work of every kind that is killed again and again, and what must hold afterwards."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import signal
import sqlite3
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from tests.journeys.crashing import SCOPE, Server, lines, points_of, processes_of

from lazuli.server.blobs import HOST

WORK = """
import json, os, sys, time, urllib.request
place, steps = sys.argv[1], int(sys.argv[2])
name = os.environ["MLFLOW_RUN_ID"]

def note(file, value):
    line = (json.dumps(value) + "\\n").encode()
    out = os.open(f"{place}/{file}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(out, line)  # one call: lines of several jobs never mix
    os.close(out)

def send(call, body):
    headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"], "Content-Type": "application/json"}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/" + call
    while True:
        try:
            return urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
        except OSError as error:
            if getattr(error, "code", 503) < 500:
                raise
            time.sleep(0.05)

note("started", name)
send("log-parameter", {"run_id": name, "key": "steps", "value": str(steps)})
for step in range(steps):
    send("log-metric", {"run_id": name, "key": "loss", "value": step / 2, "timestamp": 1, "step": step})
    note("acknowledged", [name, step])
    time.sleep(0.1)
with open(sys.argv[3], "w") as out:
    out.write(name)
note("ended", name)
"""
BLOCK = 1 << 20
ENDS = {"Completed", "Failed", "Canceled"}


@dataclass(frozen=True)
class Size:
    """How much is done, and how often the server is killed."""

    jobs: int
    kills: int
    uploads: int
    builds: int
    workspaces: int
    patience_s: float
    longest_pause_s: float = 1.5
    steps: int = 4


class Campaign:
    """Jobs, clients of MLflow, uploads, builds of environments and deletions of workspaces, all at once, and kills.

    The moments of the kills come from ``seed``. Each kill waits for one kind of work to be under way, in turn, so that
    none is left out; :attr:`struck` counts what the kills fell into.
    """

    def __init__(self, house: Server, folder: Path, size: Size, seed: int) -> None:
        self._house = house
        self._folder = folder
        self._size = size
        self._random = random.Random(seed)
        self._under_way: Counter[str] = Counter()
        self._failures: list[BaseException] = []
        self._points: list[int] = []
        self._uploaded: dict[str, str] = {}
        self._over = threading.Event()
        self.struck: Counter[str] = Counter()
        self.starts: list[float] = []
        """How many seconds each start took."""
        (folder / "work.py").write_text(WORK)
        _wheels(folder / "wheels", size.builds)

    @property
    def names(self) -> list[str]:
        """The jobs that log."""
        return [f"job{number:03}" for number in range(self._size.jobs)]

    def run(self) -> None:
        """Do all the work, and kill the server in between. The server must be up, and is again afterwards."""
        house = self._house
        house.found()
        scale = {"properties": {"scaleSettings": {"maxNodeCount": 4}}}
        house.put("/computes/four", {"computeType": "AmlCompute", **scale})
        threads = [
            threading.Thread(target=self._noted, args=(work,), daemon=True)
            for work in (self._submit, self._log, self._upload, self._build, self._delete)
        ]
        for thread in threads:
            thread.start()
        for kill in range(self._size.kills):
            self._strike(("any", "uploads", "builds", "deletions")[kill % 4])
        self._over.set()
        for thread in threads:
            thread.join()
        assert not self._failures, self._failures

    # --- the work ------------------------------------------------------------------------------------------------

    def _noted(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failures.append(error)

    def _put(self, path: str, properties: dict[str, Any], **outside: Any) -> None:
        body = {"properties": properties, **outside}
        answer = self._house.insist(lambda: self._house.ask("PUT", SCOPE + path, body))
        assert answer.is_success, (path, answer.status_code, answer.text)

    def _job(self, name: str, command: str, environment: str, **more: Any) -> None:
        said = {"jobType": "Command", "experimentName": "crash", "command": command}
        said |= {"environmentId": f"azureml:{environment}:1", "computeId": "four"}
        self._put(f"/jobs/{name}", {**said, **more})

    def _submit(self) -> None:
        for name in self.names:
            kept = {"jobOutputType": "uri_file", "assetName": f"of-{name}"}
            command = f"python {self._folder}/work.py {self._folder} {self._size.steps} ${{{{outputs.kept}}}}"
            self._job(name, command, "plain", outputs={"kept": kept})

    @property
    def _mlflow(self) -> str:
        return f"/mlflow/v2.0{SCOPE}/api/2.0/mlflow"

    def _log(self) -> None:
        """A client of MLflow beside the jobs: batches, each noted once it is acknowledged."""
        body = {"name": "beside"}
        answer = self._house.insist(lambda: self._house.ask("POST", f"{self._mlflow}/experiments/create", body))
        found = f"{self._mlflow}/experiments/get-by-name?experiment_name=beside"
        experiment = self._house.insist(lambda: self._house.ask("GET", found)).json()["experiment"]["experiment_id"]
        assert answer.status_code in (200, 400), answer.text  # 400: made just before a kill
        made = self._house.insist(
            lambda: self._house.ask("POST", f"{self._mlflow}/runs/create", {"experiment_id": experiment})
        )
        self.beside = made.json()["run"]["info"]["run_id"]
        batch = 0
        while not self._over.is_set():
            steps = range(batch * 20, batch * 20 + 20)
            points = [{"key": "many", "value": step, "step": step, "timestamp": step} for step in steps]
            said = {"run_id": self.beside, "metrics": points, "tags": [{"key": "batch", "value": str(batch)}]}
            answer = self._house.insist(
                lambda said=said: self._house.ask("POST", f"{self._mlflow}/runs/log-batch", said)
            )
            assert answer.status_code == 200, answer.text
            self._points += steps
            batch += 1

    def _blob(self, container: str, name: str, sas: str, query: str = "") -> str:
        return f"/{HOST}/{container}/{name}?{sas}{query}"

    def _upload(self) -> None:
        """Blocks of blobs, none of which is sent again once it was acknowledged, kill or no kill."""
        container, sas = self._signed(SCOPE)
        for number in range(self._size.uploads):
            blocks = [os.urandom(BLOCK) for _ in range(6)]
            name = f"big/{number}"
            ids = [base64.b64encode(f"{one:08}".encode()).decode() for one in range(len(blocks))]
            self._under_way["uploads"] += 1
            for id, block in zip(ids, blocks, strict=True):
                self._send(self._blob(container, name, sas, f"&comp=block&blockid={id}"), block)
                time.sleep(0.05)
            listed = "".join(f"<Latest>{id}</Latest>" for id in ids)
            commit = self._blob(container, name, sas, "&comp=blocklist")
            self._send(commit, f"<BlockList>{listed}</BlockList>".encode())
            self._under_way["uploads"] -= 1
            self._uploaded[name] = hashlib.sha256(b"".join(blocks)).hexdigest()

    def _send(self, path: str, content: bytes) -> None:
        answer = self._house.insist(lambda: self._house.ask("PUT", path, content=content))
        assert answer.is_success, (path, answer.status_code, answer.text)

    def _signed(self, scope: str) -> tuple[str, str]:
        """The container of uploads, and a signature for it."""
        store = f"{scope}/datastores/workspaceblobstore"
        said = self._house.insist(lambda: self._house.ask("GET", store)).json()["properties"]
        secrets = self._house.insist(lambda: self._house.ask("POST", f"{store}/listSecrets", {})).json()
        return said["containerName"], secrets["sasToken"]

    def _build(self) -> None:
        """Environments that are not there yet, and a job in each."""
        for number in range(self._size.builds):
            conda = f'{{"dependencies": ["python", {{"pip": ["tiny{number}"]}}]}}'
            self._put(f"/environments/built{number}/versions/1", {"condaFile": conda, "image": "plain"})
            self._under_way["builds"] += 1
            self._job(f"built{number}", f"python -c 'import tiny{number}'", f"built{number}")
            path = f"{SCOPE}/jobs/built{number}"
            while self._house.insist(lambda path=path: self._house.ask("GET", path)).json()["properties"][
                "status"
            ] not in ("Completed", "Failed", "Canceled"):
                time.sleep(0.05)
            self._under_way["builds"] -= 1

    def _delete(self) -> None:
        """Workspaces with something in them, made and removed."""
        for number in range(self._size.workspaces):
            scope = f"{SCOPE}{number}"
            said = {"location": "local", "properties": {}}
            made = self._house.insist(lambda scope=scope, said=said: self._house.ask("PUT", scope, said))
            assert made.is_success, made.text
            container, sas = self._signed(scope)
            for blob in range(10):
                self._send(self._blob(container, str(blob), sas), f"{number} {blob}".encode())
            self._under_way["deletions"] += 1
            gone = self._house.insist(lambda scope=scope: self._house.ask("DELETE", scope))
            assert gone.status_code in (200, 202, 204, 404), gone.text
            self._under_way["deletions"] -= 1

    # --- the kills -----------------------------------------------------------------------------------------------

    def _strike(self, kind: str) -> None:
        time.sleep(self._random.uniform(0.05, self._size.longest_pause_s))
        deadline = time.monotonic() + 5
        while kind != "any" and not self._under_way[kind] and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(self._random.uniform(0, 0.02))
        self.struck.update(kind for kind, many in self._under_way.items() if many)
        self._house.end(signal.SIGKILL)
        time.sleep(self._random.uniform(0, 0.8))
        self.starts.append(self._house.start())

    # --- what must hold ------------------------------------------------------------------------------------------

    def prove(self) -> None:
        """Every job ran once and is completed, nothing that was acknowledged is lost, and nothing is left behind."""
        house, size = self._house, self._size
        jobs = size.jobs + size.builds
        deadline = time.monotonic() + size.patience_s
        while not (ended := self._statuses()).keys() <= ENDS:
            assert time.monotonic() < deadline, ended
            time.sleep(0.2)
        assert ended == {"Completed": jobs}
        assert sorted(lines(self._folder / "started")) == self.names
        assert sorted(lines(self._folder / "ended")) == self.names
        self._prove_points()
        self._prove_outputs()
        self._prove_uploads()
        until_gone(lambda: processes_of(house.data_dir), "a process of a job")
        assert [one.name for one in (house.data_dir / "work").iterdir() if one.name.startswith("job-")] == []
        assert self._rows("select resource_id from lease where kind = 'jobs'") == []
        gone = [house.ask("GET", f"{SCOPE}{number}").status_code for number in range(size.workspaces)]
        assert gone == [404] * size.workspaces
        house.end()
        until_gone(lambda: processes_of(house.data_dir, ""), "a process")
        self._prove_store()

    def _statuses(self) -> Counter[str]:
        rows = self._rows("select status from resource where kind = 'jobs'")
        return Counter(status for (status,) in rows)

    def _prove_points(self) -> None:
        acknowledged = {(name, step) for name, step in lines(self._folder / "acknowledged")}
        assert acknowledged == {(name, step) for name in self.names for step in range(self._size.steps)}
        for name in self.names:
            said = self._house.call("GET", f"{self._mlflow}/runs/get?run_id={name}")["run"]["data"]
            assert {one["key"]: one["value"] for one in said["params"]} == {"steps": str(self._size.steps)}
            assert set(points_of(self._house, name, "loss")) == {(s, s / 2) for s in range(self._size.steps)}
        kept = {step for step, _ in points_of(self._house, self.beside, "many")}
        assert kept >= set(self._points) and self._points

    def _prove_outputs(self) -> None:
        said = self._rows("select name, version from resource where kind = 'data' and version <> ''")
        assert sorted(said) == [(f"of-{name}", "1") for name in self.names]
        container, sas = self._signed(SCOPE)
        for name in self.names:
            path = self._house.call("GET", f"{SCOPE}/data/of-{name}/versions/1")["properties"]["dataUri"]
            blob = path.partition("/paths/")[2]
            assert self._house.ask("GET", self._blob(container, blob, sas)).text == name

    def _prove_uploads(self) -> None:
        container, sas = self._signed(SCOPE)
        for name, digest in self._uploaded.items():
            content = self._house.ask("GET", self._blob(container, name, sas)).content
            assert hashlib.sha256(content).hexdigest() == digest, name
        assert len(self._uploaded) == self._size.uploads

    def _prove_store(self) -> None:
        """The databases are sound, every blob is what its name says, and of deleted workspaces there is nothing."""
        data = self._house.data_dir
        for file in sorted(data.glob("*.db")):
            with sqlite3.connect(file) as database:
                assert database.execute("pragma integrity_check").fetchall() == [("ok",)], file
        for sha256, size in self._rows("select sha256, size from blob"):
            content = (data / "blobs" / "content" / sha256[:2] / sha256[2:]).read_bytes()
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, size)
        assert list((data / "uploads").iterdir()) == [] and list((data / "blobs" / "incoming").iterdir()) == []
        homes = {scope for (scope,) in self._rows("select distinct scope from resource")}
        assert homes == {SCOPE.lower()}
        stems = {container.partition("-")[0] for (container,) in self._rows("select distinct container from blob")}
        assert len(stems) == 1
        assert len(self._rows("select name from secret where scope = 'storage'")) == 1

    def _rows(self, query: str) -> list[Any]:
        url = self._house.environ.get("LAZULI_DATABASE_URL") or f"sqlite:///{self._house.data_dir}/state.db"
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            engine.dispose()


def until_gone(look: Callable[[], list[int]], what: str) -> None:
    """Wait until a search finds nothing any more."""
    deadline = time.monotonic() + 240
    while found := look():
        assert time.monotonic() < deadline, (what, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found])
        time.sleep(0.05)


def seed_of_today() -> int:
    """The seed of the random moments, printed so that a failure can be had again."""
    seed = int(os.environ.get("LAZULI_TEST_SEED") or random.SystemRandom().randrange(10**6))
    print(f"LAZULI_TEST_SEED={seed}")  # pytest shows it where the test fails: the same moments again
    return seed


def index_of(folder: Path) -> dict[str, str]:
    """The environment in which a folder stands for the package index."""
    return {"UV_FIND_LINKS": str(folder), "UV_NO_INDEX": "1", "UV_PYTHON_DOWNLOADS": "never"}


def _wheels(folder: Path, many: int) -> None:
    """Packages that nobody has built yet."""
    folder.mkdir()
    for number in range(many):
        name = f"tiny{number}"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "answer = 42\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
