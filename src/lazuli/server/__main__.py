"""``python -m lazuli.server``: one server in the foreground, until it is told to end.

Exit codes: 0 it was told to end; 2 a setting is wrong; 3 a port or the database is in use; 4 another
server has the data folder.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import uvicorn

from lazuli import __version__
from lazuli.schema.problems import Conflict, Problem
from lazuli.server.app import App
from lazuli.server.platform import open_platform
from lazuli.server.protocol import Protocol
from lazuli.server.tls import Certificates, ensure_certificates
from lazuli.store.clock import system_clock
from lazuli.store.settings import LOOPBACK, Settings, load

__all__ = ["main"]

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound to by default


class AlreadyRunning(Conflict):
    """Another server has the data folder."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    try:
        settings = load(**vars(_arguments()))
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        with _sole_server(settings.data_dir):
            asyncio.run(_serve(settings))
    except AlreadyRunning as problem:
        return _refused(problem, 4)
    except Conflict as problem:
        return _refused(problem, 3)
    except Problem as problem:
        return _refused(problem, 2)
    return 0


def _refused(problem: Problem, code: int) -> int:
    sys.stderr.write(f"error: {problem}\n")
    return code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lazuli.server", description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--https-port", type=int)
    return parser.parse_args()


@contextlib.contextmanager
def _sole_server(data_dir: Path) -> Iterator[None]:
    """Hold the data folder, so that no second server works in it. The lock goes with the process, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)  # also where it was there: it holds keys, and everybody's data
    with (data_dir / "server.lock").open("a") as file:
        _lock(file)
        yield


def _lock(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunning(
            "Another Lazuli server has this data folder.", mend="'lazuli status' shows it; 'lazuli down' ends it."
        ) from None


async def _serve(settings: Settings) -> None:
    names = _names(settings.host)
    certificates = ensure_certificates(settings.data_dir, names)
    # Beyond loopback nothing is said in the clear; jobs of this machine still use loopback.
    plain = _listen(settings.plain_host, settings.port)
    secure = _listen(settings.host, settings.secure_port)
    platform = open_platform(settings)
    spool = settings.data_dir / "uploads"
    app = App(platform.routes(), platform.access, hosts=names, spool=spool, insights=platform.insights)
    listeners = (_Listener(_config(app)), _Listener(_config(app, certificates)))
    _end_on_signal(listeners)
    platform.start()
    gc.freeze()  # what is there now stays: the collector would look through it whenever much is read
    announcement = asyncio.create_task(_announce(settings, certificates, listeners))
    try:
        await asyncio.gather(listeners[0].serve([plain]), listeners[1].serve([secure]))
    finally:
        announcement.cancel()
        (settings.data_dir / "server.json").unlink(missing_ok=True)
        platform.stop()


class _Listener(uvicorn.Server):
    """One of several servers in a process: signals are ours to catch."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Catch none."""
        yield


def _config(app: App, certificates: Certificates | None = None) -> uvicorn.Config:
    tls = {"ssl_certfile": certificates.cert_file, "ssl_keyfile": certificates.key_file} if certificates else {}
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
        **tls,  # type: ignore[arg-type]
    )


def _names(host: str) -> tuple[str, ...]:
    """Under which names this server may be addressed: the host it listens on, else all that this machine has."""
    if host not in EVERYWHERE:
        return tuple(dict.fromkeys((*LOOPBACK, host)))
    found = [socket.gethostname(), socket.getfqdn()]
    with contextlib.suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(found[0], None, type=socket.SOCK_STREAM)]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would be ours
        found.append(outward.getsockname()[0])
    return tuple(dict.fromkeys((*LOOPBACK, *found)))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP said by name: asyncio sends without delay (TCP_NODELAY) only where a socket says that it is one.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Port {port} of {host} cannot be opened: {error.strerror}.",
            target="port",
            mend=f"Choose another with --port or LAZULI_PORT, {_free_port(host)} for example, or end the program that "
            "has it. The https port is the next one, unless --https-port or LAZULI_HTTPS_PORT names it.",
            code="PortInUse",
        ) from None
    return listener


def _free_port(host: str) -> int:
    """A port that is free now, as is the one after it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(8790, 9790, 10):
        with contextlib.suppress(OSError), socket.socket(family) as one, socket.socket(family) as two:
            one.bind((host, port))
            two.bind((host, port + 1))
            return port
    return 0


def _end_on_signal(listeners: tuple[_Listener, ...]) -> None:
    def end() -> None:
        for listener in listeners:
            listener.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)


async def _announce(settings: Settings, certificates: Certificates, listeners: tuple[_Listener, ...]) -> None:
    """Write ``server.json`` once every listener answers: it is how commands find this server."""
    while not all(listener.started for listener in listeners):
        await asyncio.sleep(0.005)
    facts = {
        "pid": os.getpid(),
        "url": settings.plain_url,
        "https_url": _url("https", settings.host, settings.secure_port),
        "ca_file": str(certificates.ca_file),
        "bundle_file": str(certificates.bundle_file),
        "started_at": system_clock(),
        "version": __version__,
    }
    target = settings.data_dir / "server.json"
    ready = target.with_suffix(".tmp")
    ready.write_text(json.dumps(facts, indent=2), encoding="utf-8")
    ready.replace(target)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
