"""The YAML server that editors run, with the schemas of a real server: completion, hover, and slips underlined."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import REPOSITORY
from tests.clients.test_azure_ai_ml import server

VERSION = "1.25.0"
pytestmark = pytest.mark.needs("npm", "node")

JOB = """command: echo ${{inputs.x}}
environment: azureml:e:1
inputs:
  x:
    type: uri_file
    mode: dow
limits:
  timout: 5
"""
PIPELINE = """type: pipeline
jobs:
  one:
    type: sweep
    trial: ./c.yml
    sampling_algorithm: random
    objective: {goal: minimize, primary_metric: loss}
    search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
    early_termination:
      type: bandit
    compte: x
"""


class Editor:
    """A YAML language server at the other end of a pipe."""

    def __init__(self, program: Path, settings: dict[str, Any], url: str) -> None:
        self.url = url
        command = ["node", str(program), "--stdio"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._settings = settings
        self._asked = 0
        self.slips: dict[str, list[dict[str, Any]]] = {}
        self.ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": settings})

    def open(self, name: str, text: str) -> str:
        uri = f"file:///{name}"
        said = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": said})
        return uri

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                return message.get("result")

    def at(self, method: str, uri: str, text: str, mark: str) -> Any:
        """Ask about the place just behind ``mark``."""
        before = text[: text.index(mark) + len(mark)]
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self.ask(method, {"textDocument": {"uri": uri}, "position": place})

    def slips_of(self, uri: str) -> list[str]:
        while not self.slips.get(uri):
            self._read()
        return [f"{slip['range']['start']['line'] + 1}: {slip['message']}" for slip in self.slips[uri]]

    def close(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the language server ended"
        message = json.loads(self._process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.slips[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            asked = [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": asked})
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})
        return message


def language_server() -> Path:
    """The program, installed once and kept where other people's clients are kept."""
    root = (
        Path(os.environ.get("LAZULI_TEST_CACHE") or REPOSITORY / ".cache") / "npm" / f"yaml-language-server-{VERSION}"
    )
    program = root / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "finished").exists():
            install = [
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(root),
                f"yaml-language-server@{VERSION}",
            ]
            done = subprocess.run(install, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (root / "finished").touch()
    return program


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    program = language_server()
    with server(tmp_path_factory.mktemp("schemas") / "data") as facts:
        url = facts["url"]
        schemas = {
            f"{url}/schemas/commandJob.schema.json": ["/command.yml"],
            f"{url}/latest/pipelineJob.schema.json": ["/pipeline.yml"],
            f"{url}/schemas/job.schema.json": ["/any*.yml"],
        }
        yaml = {
            "schemas": schemas,
            "hover": True,
            "completion": True,
            "validate": True,
            "schemaStore": {"enable": False},
        }
        made = Editor(program, {"yaml": yaml}, url)
        made.slips_of(made.open("any0.yml", JOB))  # from now on it knows its settings
        yield made
        made.close()


def labels(found: Any) -> set[str]:
    return {item["label"] for item in (found["items"] if isinstance(found, dict) else found)}


def test_keys_are_completed(editor: Editor) -> None:
    text = JOB + "environ"
    uri = editor.open("command.yml", text)
    assert {"environment_variables", "display_name", "outputs"} <= labels(
        editor.at("textDocument/completion", uri, text, "timout: 5\nenviron")
    )


def test_words_are_completed_as_yaml_spells_them(editor: Editor) -> None:
    uri = editor.open("any1.yml", JOB)
    assert {"ro_mount", "download", "direct"} <= labels(editor.at("textDocument/completion", uri, JOB, "mode: dow"))


def test_a_key_tells_what_it_is_for(editor: Editor) -> None:
    uri = editor.open("any2.yml", JOB)
    told = editor.at("textDocument/hover", uri, JOB, "\nenvir")
    assert "its definition" in json.dumps(told)


def test_a_misspelt_key_is_underlined(editor: Editor) -> None:
    told = editor.slips_of(editor.open("any3.yml", JOB))
    assert any(slip.startswith("8: ") and "timout" in slip for slip in told), told


def test_the_steps_of_a_pipeline_are_known_by_their_kind(editor: Editor) -> None:
    uri = editor.open("any4.yml", PIPELINE)
    told = editor.slips_of(uri)
    assert any(slip.startswith("11: ") and "compte" in slip for slip in told), told
    found = labels(editor.at("textDocument/completion", uri, PIPELINE, "      type: ban"))
    assert {"bandit", "median_stopping", "truncation_selection"} <= found


def test_the_first_line_of_a_file_names_its_schema(editor: Editor) -> None:
    text = f"$schema: {editor.url}/latest/pipelineJob.schema.json\ntype: pipeline\njobs: {{}}\nsettings:\n  def"
    uri = editor.open("unnamed.yml", text)
    found = labels(editor.at("textDocument/completion", uri, text, "\n  def"))
    assert {"default_compute", "default_datastore"} <= found
