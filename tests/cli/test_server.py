from __future__ import annotations

import json
import shlex
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
from click.testing import Result

Run = Callable[..., Result]


def known(place: dict[str, str]) -> dict:
    return json.loads((Path(place["LAZULI_DATA_DIR"]) / "server.json").read_text())


def test_a_second_up_says_so(lazuli: Run, place: dict[str, str]) -> None:
    first, second = lazuli("up").output.splitlines()
    assert first == f"Lazuli runs already: {known(place)['url']}"
    assert second.startswith(f"  studio  {known(place)['url']}/studio/sign-in#code=")


def test_the_link_that_studio_prints_signs_in_once(lazuli: Run, place: dict[str, str]) -> None:
    address, _, code = lazuli("studio").output.strip().partition("#code=")
    assert address == f"{known(place)['url']}/studio/sign-in"
    answers = [httpx.post(f"{known(place)['url']}/studio/session", json={"code": code}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 401]


def test_a_named_token_opens_until_it_is_revoked(lazuli: Run, place: dict[str, str]) -> None:
    made = json.loads(lazuli("token", "create", "--name", "ci", "--role", "reader", "-o", "json").stdout)
    bearer = {"Authorization": f"Bearer {made['token']}"}
    asked = f"{known(place)['url']}/studio/session"
    assert httpx.get(asked, headers=bearer).json() == {"name": "ci", "role": "reader"}
    listed = json.loads(lazuli("token", "list", "-o", "json").stdout)
    assert [(each["name"], each["created_by"]) for each in listed] == [("ci", "admin")]
    assert "ci" in lazuli("token", "list").stdout and made["token"] not in lazuli("token", "list").stdout
    lazuli("token", "revoke", "--name", "ci", "--yes")
    assert httpx.get(asked, headers=bearer).status_code == 401
    assert "no token 'ci'" in lazuli("token", "revoke", "--name", "ci", "--yes", fails=1).stderr


def test_up_with_other_settings_is_refused_while_it_runs(lazuli: Run, place: dict[str, str]) -> None:
    port = known(place)["url"].rpartition(":")[2]
    assert lazuli("up", "--port", port).output.startswith("Lazuli runs already")
    refused = lazuli("up", "--port", "1", fails=1).stderr
    assert f"--port {port}" in refused
    assert "lazuli down" in refused


def test_status_shows_the_server(lazuli: Run, place: dict[str, str]) -> None:
    said = json.loads(lazuli("status", "-o", "json").stdout)
    assert said["pid"] == known(place)["pid"]
    assert said["running"] is True
    assert {"url", "https_url", "version", "uptime", "jobs_running", "jobs_queued"} <= set(said)


def test_a_port_in_use_is_a_clear_error(lazuli: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = lazuli("up", "--data-dir", str(tmp_path), "--https-port", port, "--port", "0", fails=1)
    assert f"Port {port}" in done.stderr
    assert "--port or LAZULI_PORT, 8" in done.stderr
    assert "Lazuli does not run" in lazuli("down", "--data-dir", str(tmp_path)).output
    assert "running: false" in lazuli("status", "--data-dir", str(tmp_path), fails=1).output


def test_what_a_crashed_server_left_is_not_taken_for_one(lazuli: Run, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:  # it was given the number that the server had
        (tmp_path / "server.json").write_text(json.dumps({"pid": other.pid, "url": "http://127.0.0.1:1"}))
        assert "Lazuli does not run" in lazuli("down", "--data-dir", str(tmp_path)).output
        assert other.poll() is None
        other.kill()


def test_client_env_can_be_evaluated(lazuli: Run, place: dict[str, str], workspace: str) -> None:
    lines = lazuli("client-env").stdout.splitlines()
    said = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    secure = known(place)["https_url"]
    assert said["LAZULI_URL"] == secure
    assert said["ARM_CLOUD_METADATA_URL"] == f"{secure}/metadata/endpoints?api-version=2019-05-01"
    assert said["IDENTITY_HEADER"] == (Path(place["LAZULI_DATA_DIR"]) / "identity_header").read_text().strip()
    assert said["LAZULI_WORKSPACE"] == workspace
    assert "127.0.0.1" in said["NO_PROXY"].split(",")
    assert json.loads(lazuli("client-env", "--shell", "json").stdout) == said


def test_commands_work_over_https_with_the_printed_environment(lazuli: Run, workspace: str) -> None:
    said = json.loads(lazuli("client-env", "--shell", "json").stdout)
    assert workspace in lazuli("workspace", "list", **said).output
    distrusting = {**said, "LAZULI_CA": ""}
    assert "is not trusted" in lazuli("workspace", "list", fails=1, **distrusting).stderr


def test_a_wrong_token_of_the_shell_is_named(lazuli: Run) -> None:
    assert "LAZULI_TOKEN" in lazuli("workspace", "list", fails=1, LAZULI_TOKEN="wrong").stderr


def test_a_default_that_is_not_there_is_warned_of(lazuli: Run, tmp_path: Path) -> None:
    kept = lazuli("configure", "--defaults", "workspace=nope", XDG_CONFIG_HOME=str(tmp_path))
    assert "no workspace 'nope' yet" in kept.stderr


def test_plain_mlflow_finds_its_way_with_the_printed_environment(lazuli: Run, workspace: str) -> None:
    said = json.loads(lazuli("client-env", "--shell", "json").stdout)
    assert said["MLFLOW_TRACKING_URI"].endswith(f"/workspaces/{workspace}")
    asked = httpx.post(
        f"{said['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        headers={"Authorization": f"Bearer {said['MLFLOW_TRACKING_TOKEN']}"},
    )
    assert asked.status_code == 200
    assert said["DO_NOT_TRACK"] == "true"


def test_configure_keeps_and_forgets(lazuli: Run, tmp_path: Path) -> None:
    own = {"XDG_CONFIG_HOME": str(tmp_path)}
    lazuli("configure", "--defaults", "workspace=a", "group=g", **own)
    assert json.loads(lazuli("configure", "-o", "json", **own).stdout) == {"workspace": "a", "resource_group": "g"}
    assert "'a' does not exist" in lazuli("job", "list", fails=1, **own).stderr
    lazuli("configure", "--defaults", "workspace=", "group=", **own)
    assert json.loads(lazuli("configure", "-o", "json", **own).stdout) == {}
