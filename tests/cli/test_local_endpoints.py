"""``--local``: endpoints with no server and no workspace, which go on when the command has ended."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from tests.jobs.place import PYTHON

from lazuli.cli.commands import root
from lazuli.compute.contract import until

EXAMPLE = Path(__file__).parents[2] / "examples" / "endpoints" / "diabetes"


def lazuli(*words: str, fails: bool = False) -> str:
    done = CliRunner().invoke(root, [*words, "--local"], prog_name="lazuli", catch_exceptions=False)
    assert (done.exit_code != 0) == fails, done.output
    return done.output if fails else done.stdout


def test_an_endpoint_of_this_machine_alone(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("l")  # the sockets of endpoints have short paths
    monkeypatch.setenv("LAZULI_DATA_DIR", str(folder))
    monkeypatch.chdir(EXAMPLE)
    (folder / "local").mkdir(mode=0o755)  # as the environment of a package leaves it
    deploy = ["online-deployment", "create", "-f", "blue.yml", "--set", f"environment.image={PYTHON}"]
    assert "does not exist" in lazuli(*deploy, fails=True)
    assert "Nothing goes on with it" in lazuli(*deploy, "--no-wait", fails=True)
    assert (folder / "local").stat().st_mode & 0o777 == 0o700
    lazuli("online-endpoint", "create", "-f", "endpoint.yml")
    try:
        lazuli(*deploy)
        invoke = ["online-endpoint", "invoke", "-n", "diabetes", "-r", "request.json"]
        assert json.loads(lazuli(*invoke)) == [219.8, 92.3]
        assert "POST /score 200" in lazuli("online-deployment", "get-logs", "-e", "diabetes", "-n", "blue")
        [listed] = json.loads(lazuli("online-endpoint", "list", "-o", "json"))
        keys = json.loads(lazuli("online-endpoint", "get-credentials", "-n", "diabetes", "-o", "json"))
        headers = {"Authorization": f"Bearer {keys['primaryKey']}"}
        answer = httpx.post(listed["scoring_uri"], content=Path("request.json").read_bytes(), headers=headers)
        assert answer.json() == [219.8, 92.3]
    finally:
        lazuli("online-endpoint", "delete", "-n", "diabetes", "-y")
    until(lambda: not is_open(listed["scoring_uri"]), "its end")
    assert not (folder / "server.json").exists()


def is_open(url: str) -> bool:
    try:
        httpx.get(url)
    except httpx.TransportError:
        return False
    return True
