"""The one place where the server starts and kills processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

__all__ = ["WORK_FOLDER", "Done", "Process", "become", "detached", "kill_marked", "machine_environment", "run"]

Process = subprocess.Popen[bytes]
"""A process that was started here."""
WORK_FOLDER = "LAZULI_WORK_FOLDER"
"""The variable every process of a job inherits; by it strays are found after their runner vanished."""

_KEPT = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
})  # fmt: skip
_KEPT_PREFIXES = ("LC_", "CUDA_", "NVIDIA_")


def machine_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a user's process may know of the machine: PATH, HOME, language, certificates, proxies, GPUs.

    A list of what is let through, not of what is held back, so that no secret of the server can leak by being new.
    """
    environ = os.environ if environ is None else environ
    return {name: value for name, value in environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}


def detached(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: Path, keep: Sequence[int] = ()
) -> Process:
    """Start ``command`` in a session of its own, so that it outlives the server.

    Its input is empty, its output is appended to ``output``, and it inherits the file descriptors ``keep`` alone.
    """
    with output.open("ab") as sink:
        return subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            pass_fds=tuple(keep),
        )


@dataclass(frozen=True)
class Done:
    """How a short program ended."""

    code: int
    """Its exit code; negative for the signal that killed it."""
    output: str
    """What it wrote to stdout and stderr."""


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float) -> Done | None:
    """Run a short program to its end; None where it took longer, and was killed with all that it had started.

    Raises :class:`FileNotFoundError` where there is no such program.
    """
    with subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
        return Done(process.returncode, output.decode(errors="replace"))


def become(command: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Go on as ``command``: the same process and terminal, with other words in the list of processes."""
    os.execve(command[0], list(command), dict(env))


def kill_marked(folder: Path, patience_s: float = 5) -> None:
    """Kill every process whose environment names ``folder`` as its work folder, and wait until they are gone."""
    mark = f"{WORK_FOLDER}={folder}".encode()
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        if not sum(_kill_if_marked(pid, mark) for pid in pids):
            return
        time.sleep(0.005)


def _kill_if_marked(pid: int, mark: bytes) -> bool:
    """Whether the process bore the mark. The handle is taken first, so that a reused number is never hit."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if mark not in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            return False
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
