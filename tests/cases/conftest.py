"""Checkouts of published examples, and a server that runs what stands in it, as a user would."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.crashing import Server, server

IRIS = "wasbs://datasets@azuremlexamples.blob.core.windows.net"
"""Where the examples' data lies; a mirror stands for it."""


@dataclass(frozen=True)
class Checkout:
    """A checkout. What stands in it is read, never changed."""

    root: Path

    def file(self, path: str) -> Path:
        """A file of it; the test is skipped where this checkout has none."""
        if not (self.root / path).exists():
            pytest.skip(f"this checkout has no {path}")
        return self.root / path

    def at(self, commit: str, folder: str, target: Path) -> Path:
        """A folder as it was at an earlier commit, unpacked below ``target``; with ``folder`` empty, all of it."""
        words = ["git", "-C", str(self.root), "archive", commit, *([folder] if folder else [])]
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"this checkout has no commit {commit}: {done.stderr.decode().strip()[:200]}")
        with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
            archive.extractall(target, filter="data")
        return target / folder


@dataclass(frozen=True)
class Lab:
    """A workspace on a server of its own, and the command line."""

    house: Server
    folder: Path

    def lazuli(self, *words: str | Path) -> str:
        """What a command says."""
        command = [str(Path(sys.executable).parent / "lazuli"), *map(str, words)]
        environ = {**os.environ, "LAZULI_DATA_DIR": str(self.house.data_dir), "XDG_CONFIG_HOME": str(self.folder)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=self.folder)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def run(self, name: str, file: Path) -> Path:
        """Submit a job as its file says, follow it to its end, and download what it left; the folder of that."""
        self.lazuli("job", "create", "-f", file, "-n", name, "--stream")
        return self.download(name)

    def download(self, name: str) -> Path:
        """Everything that a job left; the folder of that. A step of a pipeline is the job ``<pipeline>-<step>``."""
        self.lazuli("job", "download", "-n", name, "--all", "-p", self.folder / name)
        return self.folder / name

    def log(self, name: str) -> str:
        """What the job's program said."""
        (found,) = (self.folder / name).rglob("std_log.txt")
        return found.read_text()

    def step_log(self, pipeline: str, step: str) -> str:
        """What the program of a step said."""
        self.download(f"{pipeline}-{step}")
        return self.log(f"{pipeline}-{step}")

    def steps(self, pipeline: str) -> dict[str, dict[str, Any]]:
        """The jobs of a pipeline's steps."""
        listed = json.loads(self.lazuli("job", "list", "--parent-job-name", pipeline, "-o", "json"))
        return {one["name"].removeprefix(f"{pipeline}-"): one for one in listed}

    def trials(self, name: str) -> list[dict[str, Any]]:
        """The trials of a sweep, the best first."""
        return json.loads(self.lazuli("job", "trials", "-n", name, "-o", "json"))

    def tracked(self, name: str) -> dict[str, dict[str, Any]]:
        """The params and the metrics of a job's run, as MLflow tells them."""
        run = self.mlflow(f"runs/get?run_id={name}")["run"]
        return {kind: {one["key"]: one["value"] for one in run["data"][kind]} for kind in ("params", "metrics")}

    def model_files(self, name: str) -> set[str]:
        """The files of the model that a job's run logged."""
        (model,) = self.mlflow(f"runs/get?run_id={name}")["run"]["outputs"]["model_outputs"]
        listed = self.mlflow(f"logged-models/{model['model_id']}/artifacts/directories")
        return {one["path"] for one in listed["files"]}

    def ask(self, endpoint: str, request: Path, deployment: str = "") -> Any:
        """What an online endpoint answers."""
        chosen = ["-d", deployment] if deployment else []
        return json.loads(self.lazuli("online-endpoint", "invoke", "-n", endpoint, "-r", request, *chosen))

    def mlflow(self, call: str) -> Any:
        """What MLflow's API of the workspace answers."""
        scope = json.loads(self.lazuli("workspace", "show", "-n", "lab", "-o", "json"))["id"]
        return self.house.call("GET", f"/mlflow/v2.0{scope}/api/2.0/mlflow/{call}")


def checkout(variable: str, repository: str) -> Checkout:
    """What a variable of the surroundings names; the test is skipped where it names nothing."""
    said = os.environ.get(variable)
    if not said:
        pytest.skip(f"needs {variable}=<a checkout of {repository}>")
    return Checkout(Path(said).expanduser().resolve())


@pytest.fixture(scope="session")
def examples() -> Checkout:
    found = checkout("EXAMPLES", "Azure/azureml-examples")
    assert (found.root / "cli").is_dir(), f"{found.root} is no checkout of Azure/azureml-examples"
    return found


@pytest.fixture(scope="session")
def lab(examples: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("cases")
    _write_iris(folder / "mirror" / "iris.csv")
    with opened_lab(folder, LAZULI_MIRRORS=f"{IRIS}={folder / 'mirror'}") as made:
        yield made


@pytest.fixture
def bare_lab(examples: Checkout, tmp_path: Path) -> Iterator[Lab]:
    """One on a machine without programs for containers: an image is then had from what the machine has."""
    with opened_lab(tmp_path / "lab", PATH=without_containers(tmp_path / "programs")) as made:
        yield made


def without_containers(programs: Path) -> str:
    """A folder with every program of ``PATH`` but those for containers."""
    programs.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            if program.name not in ("podman", "docker") and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    return str(programs)


@contextmanager
def opened_lab(folder: Path, **environ: str) -> Iterator[Lab]:
    folder.mkdir(exist_ok=True)
    with server(folder / "data", **environ) as house:
        house.start()
        made = Lab(house, folder)
        made.lazuli("workspace", "create", "-n", "lab")
        made.lazuli("compute", "create", "-n", "cpu-cluster", "--type", "amlcompute", "--max-instances", "2")
        yield made
        house.end()


def _write_iris(file: Path) -> None:
    """Fisher's data, as scikit-learn carries it, in the columns that the examples expect."""
    from sklearn.datasets import load_iris

    iris: Any = load_iris()
    file.parent.mkdir()
    with file.open("w", newline="") as sink:
        table = csv.writer(sink)
        table.writerow(["sepal_length", "sepal_width", "petal_length", "petal_width", "species"])
        for row, kind in zip(iris.data, iris.target, strict=True):
            table.writerow([*row, iris.target_names[kind]])
