"""Packages of registered models: what is sent answers as the model does, with what the model needs pinned."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
from tests.endpoints.onnx_models import times
from tests.runtime.scoring import free_port
from tests.server.conftest import SCOPE, WS, Served, eventually

from lazuli.schema.places import DEFAULT


def registered(served: Served, name: str, kind: str, files: dict[str, bytes]) -> str:
    """The address of a model with some files in its folder."""
    container = served.platform.storage.container(SCOPE, DEFAULT)
    for path, content in files.items():
        served.platform.store.blobs.put_bytes(container, f"packaged/{name}/{path}", content)
    body = {"modelType": kind, "modelUri": f"azureml://datastores/{DEFAULT}/paths/packaged/{name}"}
    address = f"{WS}/models/{name}/versions/1"
    made = served.admin.put(address, json={"properties": body})
    assert made.status_code in (200, 201), made.text
    return address


def sent(served: Served, address: str, body: dict | None = None) -> zipfile.ZipFile:
    """The package of a model, once it is ready."""
    said = served.admin.post(f"{address}/package", json=body or {})
    while said.status_code == 202:
        said = served.admin.post(f"{address}/package", json=body or {})
    assert said.status_code == 201, said.text
    got = served.nobody.get(said.json()["url"])
    assert got.headers["content-disposition"].startswith("attachment;")
    return zipfile.ZipFile(io.BytesIO(got.content))


def test_an_onnx_model_is_sent_with_all_that_answers(served: Served, tmp_path: Path) -> None:
    times(3.0, tmp_path / "times.onnx")
    address = registered(served, "times", "custom_model", {"deep/times.onnx": (tmp_path / "times.onnx").read_bytes()})
    with sent(served, address) as archive:
        archive.extractall(tmp_path / "context")
    assert "onnxruntime==" in (tmp_path / "context" / "requirements.txt").read_text()
    text = (tmp_path / "context" / "Dockerfile").read_text()
    command = json.loads(text.splitlines()[-1].removeprefix("CMD "))
    root, port = tmp_path / "context" / "root", free_port()
    env = {**os.environ, "PYTHONPATH": f"{root}/opt/lazuli/server", "SERVER_PORT": str(port)}
    words = [sys.executable, *command[1:-1], f"{root}{command[-1]}"]
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL) as process:
        eventually(lambda: _is_healthy(port))
        answer = httpx.post(f"http://127.0.0.1:{port}/score", json={"input_data": [[1.0, 2.0]]})
        assert answer.json() == [[3.0, 6.0]]
        process.terminate()


def test_a_model_of_mlflow_waits_for_what_it_needs(served: Served) -> None:
    files = {"MLmodel": b"flavors: {python_function: {loader_module: x}}\n", "conda.yaml": b"dependencies: [python]\n"}
    address = registered(served, "saved", "mlflow_model", files)
    with sent(served, address) as archive:
        names = archive.namelist()
        assert b"FROM docker.io/library/python:3." in archive.read("Dockerfile")
    assert {"requirements.txt", "root/var/azureml-app/azureml-models/saved/1/saved/MLmodel"} <= set(names)


def test_a_script_is_sent_with_its_models_and_runs_where_they_lie(served: Served, tmp_path: Path) -> None:
    models = [registered(served, name, "custom_model", {"word.txt": name.encode()}) for name in ("first", "second")]
    script = (
        b"import os\ndef init():\n    global said\n    root = os.environ['AZUREML_MODEL_DIR']\n"
        b"    said = [open(f'{root}/{n}/1/{n}/word.txt').read() for n in ('first', 'second')]\n"
        b"def run(data): return said\n"
    )
    container = served.platform.storage.code_container(SCOPE, "packaged", "1")
    served.platform.store.blobs.put_bytes(container, "src/deep/score.py", script)
    code, environment = f"{WS}/codes/packaged/versions/1", f"{WS}/environments/packaged/versions/1"
    uri = f"{served.url}/lazuli.blob.core.lazuli.local/{container}/src"
    assert served.admin.put(code, json={"properties": {"codeUri": uri}}).status_code == 201
    said = {"image": "ubuntu", "condaFile": "dependencies: [python, pip: [azureml-defaults]]\n"}
    assert served.admin.put(environment, json={"properties": said}).status_code == 201
    configured = {"codeId": code, "scoringScript": "deep/score.py"}
    body = {"codeConfiguration": configured, "environmentId": environment, "furtherModels": [models[1]]}
    with sent(served, models[0], body) as archive:
        archive.extractall(tmp_path / "context")
    context = tmp_path / "context"
    assert "lazuli-azureml==" in (context / "requirements.txt").read_text()
    assert "--find-links=/opt/lazuli/wheels" in (context / "Dockerfile").read_text()
    assert [file.suffix for file in (context / "wheels").iterdir()] == [".whl"]
    root, port = context / "root", free_port()
    settings = {"root": str(root / "var/azureml-app"), "script": "deep/score.py", "address": ["127.0.0.1", port]}
    (tmp_path / "serving.json").write_text(json.dumps(settings))
    env = {**os.environ, "AZUREML_MODEL_DIR": str(root / "var/azureml-app/azureml-models")}
    program = str(root / "opt/lazuli/server/lazuli_score/__main__.py")
    with subprocess.Popen([sys.executable, program, str(tmp_path / "serving.json")], env=env) as process:
        eventually(lambda: _is_healthy(port))
        assert httpx.post(f"http://127.0.0.1:{port}/score", json=1).json() == ["first", "second"]
        process.terminate()
    half = served.admin.post(f"{models[0]}/package", json={"codeConfiguration": {"codeId": code}})
    assert half.status_code == 400 and "Half of what answers" in half.text
    wrong = {**body, "codeConfiguration": {"codeId": code, "scoringScript": "none.py"}}
    assert "The code has no 'none.py'" in served.admin.post(f"{models[0]}/package", json=wrong).text
    here = f"{WS}/environments/here/versions/1"
    served.admin.put(here, json={"properties": {"image": f"interpreter:{sys.executable}"}})
    assert (
        "a Python of this machine"
        in served.admin.post(f"{models[0]}/package", json={**body, "environmentId": here}).text
    )


def test_what_cannot_be_packaged_is_told(served: Served) -> None:
    odd = registered(served, "pickled", "custom_model", {"model.pkl": b"x"})
    said = served.admin.post(f"{odd}/package")
    assert said.status_code == 400 and "Nothing says how the model is asked" in said.text
    bare = registered(served, "bare", "mlflow_model", {"MLmodel": b"flavors: {}\n"})
    assert "no conda.yaml" in served.admin.post(f"{bare}/package").text
    assert served.admin.post(f"{WS}/models/none/versions/1/package").status_code == 404


def test_a_ticket_opens_its_own_package_only(served: Served, tmp_path: Path) -> None:
    times(2.0, tmp_path / "one.onnx")
    address = registered(served, "one", "custom_model", {"one.onnx": (tmp_path / "one.onnx").read_bytes()})
    assert served.nobody.post(f"{address}/package").status_code == 401
    url = served.admin.post(f"{address}/package").json()["url"]
    assert served.nobody.get(url).status_code == 200
    for other in (
        url.replace("one-1.zip", "two-1.zip"),
        url.replace("/packaged/", "/shown/"),
        f"{url[:-12]}x/one-1.zip",
    ):
        assert served.nobody.get(other).status_code in (403, 404), other


def _is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}", timeout=5).text == "Healthy"
    except httpx.TransportError:
        return False
