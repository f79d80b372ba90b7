"""Packages of models: images made without a daemon, which podman runs, and which answer as the model does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from tests.endpoints.onnx_models import times
from tests.images import loaded, podman
from tests.jobs.place import PYTHON
from tests.runtime.scoring import free_port

from lazuli.cli.commands import root
from lazuli.compute.contract import until
from lazuli.compute.images.layers import Entry, Image
from lazuli.compute.images.roots import system_entries

TIMES = f"localhost/lazuli-tests/times:{os.getpid()}"
SCORE = "def init(): pass\ndef run(data): return ['scored', data]\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, where no server is."""
    monkeypatch.setenv("LAZULI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    times(2.0, tmp_path / "times.onnx")
    return tmp_path


def lazuli(*words: str) -> Result:
    return CliRunner().invoke(root, words, prog_name="lazuli")


def packaged(*words: str) -> dict[str, str]:
    """What ``lazuli model package`` says of what it wrote."""
    done = lazuli("model", "package", *words, "-o", "json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@contextmanager
def running(image: str, *options: str) -> Iterator[tuple[str, str]]:
    """The address and the name of a container, once it is healthy."""
    port, name = free_port(), f"lazuli-test-{free_port()}"
    podman("run", "--detach", f"--name={name}", f"--publish=127.0.0.1:{port}:5001", *options, image)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: healthy(url), "a healthy container")
        yield url, name
    finally:
        podman("rm", "--force", "--time=0", name)


def healthy(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).text == "Healthy"
    except httpx.TransportError:
        return False


@pytest.mark.needs("podman")
def test_an_onnx_model_as_an_image_answers_as_the_model_does_and_can_be_built_upon(home: Path) -> None:
    Path("times-kubernetes.yml").touch(0o644)
    image = packaged("times.onnx", "--format", "oci", "-p", "times.tar", "--image", TIMES, "--kubernetes")["image"]
    assert Path("times-kubernetes.yml").stat().st_mode & 0o777 == 0o600  # it holds keys
    podman("load", "--quiet", "--input", "times.tar")
    # as the manifests for Kubernetes run it
    bounds = ["--user=10001:10001", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    with running(image, *bounds, "--env=LAZULI_PRIMARY_KEY=first", "--env=LAZULI_SECONDARY_KEY=second") as (url, _):
        body = {"input_data": [[1.0, 2.0], [3.0, 4.0]]}
        assert httpx.post(f"{url}/score", json=body).status_code == 401
        for key in ("first", "second"):
            answer = httpx.post(f"{url}/score", json=body, headers={"Authorization": f"Bearer {key}"})
            assert answer.json() == [[2.0, 4.0], [6.0, 8.0]]
    with zipfile.ZipFile("tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "answer = 42\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    text = "COPY tiny-1.0-py3-none-any.whl /tmp/\nRUN python -m pip install --no-index /tmp/tiny-1.0-py3-none-any.whl\n"
    Path("Dockerfile").write_text(f"FROM {image}\n{text}")
    nested = podman("build", "--quiet", "--layers=false", ".").strip()
    with running(nested) as (url, name):
        assert httpx.post(f"{url}/score", json={"input_data": [[1.0, 2.0]]}).json() == [[2.0, 4.0]]
        assert podman("exec", name, "python", "-c", "import tiny; print(tiny.answer)") == "42\n"
    podman("rmi", "--force", nested, image)


@pytest.mark.needs("podman")
def test_a_script_as_an_image_stands_on_another_and_answers_in_its_environment(home: Path) -> None:
    below = f"localhost/lazuli-tests/below:{os.getpid()}"
    entries = {**system_entries(), "below": Entry(content=b"")}
    loaded(Image(below, (("a shell", entries),), {"Env": ["BELOW=yes"]}), home)
    podman("save", "--quiet", "--format=oci-archive", "--output=base.tar", below)
    name = f"localhost/lazuli-tests/script:{os.getpid()}"
    said = ["-f", package_file(home), "--format", "oci", "-p", "script.tar", "--base", "base.tar", "--image", name]
    assert packaged("times.onnx", *said)["image"] == name
    podman("load", "--quiet", "--input", "script.tar")
    looks = "import os; print(os.environ['BELOW'], os.path.exists('/below'), os.environ['AZUREML_MODEL_DIR'])"
    with running(name, "--env=LAZULI_PRIMARY_KEY=first") as (url, container):
        assert httpx.post(f"{url}/score", content="1").status_code == 401
        answer = httpx.post(f"{url}/score", content="1", headers={"Authorization": "Bearer first"})
        assert answer.json() == ["scored", "1"]
        assert podman("exec", container, "python", "-c", looks).startswith("yes True /models/times/")
    podman("rmi", "--force", name, below)


def test_a_context_holds_all_that_answers_and_pins_what_it_needs(home: Path) -> None:
    told = packaged("times.onnx", "-p", "context", "--kubernetes")
    text = Path("context/Dockerfile").read_text()
    assert text.startswith("FROM docker.io/library/python:3.") and "COPY root/ /\n" in text
    pinned = Path("context/requirements.txt").read_text().splitlines()
    assert all("==" in line for line in pinned) and any(line.startswith("onnxruntime==") for line in pinned)
    assert told["kubernetes"] == "context/kubernetes.yml"
    command = json.loads(text.splitlines()[-1].removeprefix("CMD "))
    model = f"context/root{command[-1]}"
    port = free_port()
    env = {**os.environ, "PYTHONPATH": "context/root/opt/lazuli/server", "SERVER_PORT": str(port)}
    with subprocess.Popen([sys.executable, *command[1:-1], model], env=env, stdout=subprocess.DEVNULL) as process:
        until(lambda: healthy(f"http://127.0.0.1:{port}"), "its health")
        answer = httpx.post(f"http://127.0.0.1:{port}/score", json={"input_data": [[1.0, 2.0]]})
        assert answer.json() == [[2.0, 4.0]]
        process.terminate()
    assert process.returncode == 0
    again = lazuli("model", "package", "times.onnx", "-p", "context")
    assert again.exit_code != 0 and "is not empty" in again.output


def test_nothing_is_filled_into_the_variables_of_a_context(home: Path) -> None:
    (home / "package.json").write_text(json.dumps({"environment_variables": {"A": '"$PATH" \\ größe'}}))
    packaged("times.onnx", "-f", "package.json", "-p", "context")
    assert 'ENV A="\\"\\$PATH\\" \\\\ größe"\n' in Path("context/Dockerfile").read_text()


def package_file(home: Path, **said: object) -> str:
    """A file as Azure ML's examples have it."""
    (home / "src").mkdir(exist_ok=True)
    (home / "src" / "score.py").write_text(SCORE)
    (home / "environment.yml").write_text(f"image: {PYTHON}\n")
    document = {
        "$schema": "http://azureml/sdk-2-0/ModelVersionPackage.json",
        "base_environment_source": {"type": "environment_asset", "resource_id": "environment.yml"},
        "target_environment": "times-pkg",
        "inferencing_server": {
            "type": "azureml_online",
            "code_configuration": {"code": "src", "scoring_script": "score.py"},
        },
        "model_configuration": {"mode": "copy", "mount_path": "/models"},
        **said,
    }
    (home / "package.yml").write_text(json.dumps(document))
    return "package.yml"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"inferencing_server": {"type": "triton"}}, "'triton' is not made"),
        ({"inputs": [{"name": "other"}]}, "Further models cannot be taken along"),
        ({"inferencing_server": {"code_configuration": {"code": "src", "scoring_script": "no.py"}}}, "no 'no.py' in"),
        ({"base_environment_source": {"resource_id": "none.yml"}}, "none.yml"),
        ({"servre": 1}, "servre"),
        ({"model_configuration": {"mount_path": "/../../above"}}, "is not a path inside"),
        ({"environment_variables": {"A": "b\nRUN touch c"}}, "cannot stand in a Dockerfile"),
    ],
)
def test_what_cannot_be_packaged_is_told(home: Path, said: dict, told: str) -> None:
    done = lazuli("model", "package", "times.onnx", "-f", package_file(home, **said), "-p", "never")
    assert told in done.output
    assert "Traceback" not in done.output


def test_a_model_that_nothing_answers_for_is_told(home: Path) -> None:
    Path("model.pkl").write_text("x")
    assert "Nothing says how the model is asked" in lazuli("model", "package", "model.pkl").output
    assert "There is no 'nowhere.onnx'" in lazuli("model", "package", "nowhere.onnx").output
    assert "Name one model" in lazuli("model", "package").output
