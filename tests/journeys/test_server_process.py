"""The server as a process: how it starts, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


def command(folder: Path, *options: object) -> list[str]:
    return [sys.executable, "-m", "lazuli.server", "--data-dir", str(folder), *map(str, options)]


def refused(folder: Path, *options: object, **environ: str) -> tuple[int, str]:
    """The exit code and the message of a server that does not start."""
    ports = () if "--port" in options else ("--port", free_ports()[0])
    done = subprocess.run(
        command(folder, *ports, *options),
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return done.returncode, done.stderr


@contextmanager
def running(folder: Path, *options: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server and what it says of itself."""
    plain, secure = free_ports()
    words = command(folder, "--port", plain, "--https-port", secure, *options)
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        said = folder / "server.json"
        while not said.exists():
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)
        yield process, json.loads(said.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=240)


def place_of(url: str) -> tuple[str, int]:
    """The host and the port of an address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("process") / "data"


def test_a_server_from_start_to_end(folder: Path) -> None:
    with running(folder) as (process, said):
        assert httpx.get(f"{said['url']}/health").json() == {"status": "ok"}
        assert said["pid"] == process.pid
        token = (folder / "token").read_text()
        assert folder.stat().st_mode & 0o777 == 0o700
        for file in ("token", "identity_header", "tls/server.key", "tls/ca.key", "keys/master.key"):
            assert (folder / file).stat().st_mode & 0o777 == 0o600, file

        # https, verified by the authority this server made
        secure = httpx.get(f"{said['https_url']}/health", verify=ssl.create_default_context(cafile=said["ca_file"]))
        assert secure.status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{said['https_url']}/health")

        code, message = refused(folder)
        assert code == 4 and "Another Lazuli server has this data folder" in message and "Traceback" not in message
        assert httpx.get(f"{said['url']}/health").status_code == 200

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=240) == 0
        assert "Traceback" not in process.communicate()[1]
        assert not (folder / "server.json").exists()

    with running(folder) as (_, said):
        assert (folder / "token").read_text() == token
        opened = httpx.get(f"{said['url']}/openapi.json", headers={"Authorization": f"Bearer {token.strip()}"})
        assert opened.status_code == 200


def test_a_listener_does_not_hold_the_server_up(tmp_path: Path) -> None:
    with running(tmp_path) as (process, said), socket.create_connection(place_of(said["url"])) as line:
        line.sendall(b"GET /health HTTP/1.1\r\n")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=240) == 0


@pytest.mark.parametrize("taken", ["--port", "--https-port"])
def test_a_port_in_use_is_said(tmp_path: Path, taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        free = free_ports()[0]
        options = (
            ("--port", port, "--https-port", free) if taken == "--port" else ("--port", free, "--https-port", port)
        )
        code, message = refused(tmp_path, *options)
    assert code == 3
    assert message.startswith(f"error: Port {port} of 127.0.0.1 cannot be opened: Address already in use.")
    assert "--port" in message and "Traceback" not in message
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        (("--port", "x"), {}, "invalid int value"),
        (("--port", "70000"), {}, "error: port is 70000"),
        ((), {"LAZULI_PORT": "many"}, "LAZULI_PORT is 'many'"),
    ],
)
def test_a_wrong_setting_is_said(tmp_path: Path, options: tuple[str, ...], environ: dict[str, str], said: str) -> None:
    code, message = refused(tmp_path, *options, **environ)
    assert code == 2 and said in message and "Traceback" not in message


def test_an_unknown_key_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "lazuli.toml").write_text("prot = 1\n")
    code, message = refused(tmp_path)
    assert code == 2 and "'prot' is not a setting" in message and "'port'" in message


def test_beyond_loopback_only_https_is_spoken(tmp_path: Path) -> None:
    with running(tmp_path, "--host", "0.0.0.0") as (_, said):
        host = socket.gethostname()
        port, secure = int(said["url"].rpartition(":")[2]), int(said["https_url"].rpartition(":")[2])
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        outside = address_of_this_machine()
        trusted = ssl.create_default_context(cafile=said["ca_file"])
        assert httpx.get(f"https://{outside}:{secure}/health", verify=trusted).status_code == 200
        named = httpx.get(f"https://{outside}:{secure}/health", verify=False, headers={"Host": host})
        assert named.status_code == 200
        if not outside.startswith("127."):
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"http://{outside}:{port}/health")


def address_of_this_machine() -> str:
    """The address others would reach this machine at; a loopback one where it has no other."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
            outward.connect(("192.0.2.1", 9))
            return outward.getsockname()[0]
    except OSError:
        return "127.0.0.1"
