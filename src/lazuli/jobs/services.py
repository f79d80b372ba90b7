"""The services of a job: TensorBoard and JupyterLab beside it, and what is told of them and of the others.

What is served listens on loopback, asks for a word that only those get to know who may change the job, and ends with
the job. Where one cannot be served, the job goes on, and the service says why.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.compute.engine import Look, Plan, Process, Served
from lazuli.jobs.ranks import LOGS, main_log
from lazuli.resources.job import CommandJob, Status
from lazuli.resources.service import JobService, ServiceType
from lazuli.resources.table import noun
from lazuli.schema import bindings
from lazuli.schema.identity import check_name
from lazuli.schema.problems import InvalidInput
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record

__all__ = ["ServiceState", "asked_for", "beside", "check_services", "look_at", "tell"]

_T = ServiceType
_MOST = 10
_PATIENCE_S = 0.2
_NOT_THERE = "It ended with exit code 127."
"""How the programs below say that what they start is not in the environment."""

_TENSOR_BOARD = """\
import os, sys
try:
    from tensorboard.main import run_main
except ImportError:
    sys.exit(127)
told = os.environ
options = {"logdir": told["LAZULI_LOG_DIR"], "host": "127.0.0.1", "port": told["LAZULI_PORT"]}
options["path_prefix"] = "/" + told["LAZULI_TOKEN"]
class Discreet:
    def write(self, text):
        return sys.__stderr__.write(text.replace(told["LAZULI_TOKEN"], "..."))
    def __getattr__(self, name):
        return getattr(sys.__stderr__, name)
sys.stderr = Discreet()
sys.argv = ["tensorboard", *(f"--{name}={value}" for name, value in options.items())]
run_main()
"""
"""TensorBoard knows no token, but it answers only below its prefix; which it would tell in its log, for all to read."""
_JUPYTER_LAB = """\
command -v jupyter-lab >/dev/null || exit 127
exec jupyter-lab --no-browser --allow-root --ip=127.0.0.1 --port="$LAZULI_PORT" --ServerApp.port_retries=0"""


@dataclass(frozen=True)
class _Program:
    """How a kind of service is served."""

    command: tuple[str, ...]
    way_in: str
    """The path at its port, with the word in it."""
    package: str


_PROGRAMS = {
    _T.TENSOR_BOARD: _Program(("python", "-c", _TENSOR_BOARD), "{token}/", "tensorboard"),
    _T.JUPYTER_LAB: _Program(("bash", "-c", _JUPYTER_LAB), "lab?token={token}", "jupyterlab"),
}
_NOTES = {
    _T.VS_CODE: "The job runs on the server's own machine: open that machine in VS Code (Remote - SSH).",
    _T.SSH: "The job runs on the server's own machine and has no login of its own: log in to that machine.",
}


@dataclass(frozen=True)
class ServiceState:
    """How a service is."""

    type: ServiceType
    status: str
    """``NotStarted``, ``Starting``, ``Running``, ``Failed``, ``Stopped``, or ``NotServed`` for what is not served."""
    port: int | None = None
    endpoint: str | None = None
    """Where it answers."""
    way_in: str = ""
    """What belongs behind the endpoint to be let in: for those alone who may change the job."""
    error: str | None = None
    """Why it is not there, and what to do."""


def asked_for(job: CommandJob) -> dict[str, JobService]:
    """The services that the job itself asks for; a client sends the platform's own along."""
    return {name: service for name, service in job.services.items() if not service.type.is_ours}


def check_services(job: CommandJob) -> None:
    """Refuse services that cannot be told apart or bind what is not there. Raises :class:`InvalidInput`."""
    services = asked_for(job)
    if len(services) > _MOST:
        raise InvalidInput(f"A job has {_MOST} services at most.", target="services", mend="Leave some out.")
    taken: dict[int, str] = {}
    for name, service in services.items():
        check_name(name, target=f"services.{name}", what="service name")
        known = {"inputs": set(job.inputs), "outputs": set(job.outputs)}
        bindings.check(service.log_dir or "", known, target=f"services.{name}.log_dir")
        if service.type is _T.CUSTOM and service.port is None:
            raise InvalidInput(
                f"The service '{name}' does not say on which port the command serves it.",
                target=f"services.{name}.port",
                mend="Add 'port', or another 'type'.",
            )
        if service.port and taken.setdefault(service.port, name) != name:
            raise InvalidInput(
                f"The services '{taken[service.port]}' and '{name}' want the same port.",
                target=f"services.{name}.port",
                mend="Leave 'port' out, and each gets a free one.",
            )


def beside(plan: Plan, job: CommandJob, folder: Path, value_of: Callable[[bindings.Binding], str | None]) -> Plan:
    """The plan with the programs of the job's services, in the work folder ``folder``, beside what it runs."""
    services = tuple(_processes(job, folder, value_of))
    if not services:
        return plan
    return replace(plan, processes=(*(plan.processes or (Process("", main_log(job)),)), *services))


def _processes(job: CommandJob, folder: Path, value_of: Callable[[bindings.Binding], str | None]) -> Iterator[Process]:
    for name, service in asked_for(job).items():
        if program := _PROGRAMS.get(service.type):
            env = {
                "LAZULI_PORT": str(service.port or f"<port service {name}>"),
                "LAZULI_TOKEN": f"<token service {name}>",
                "LAZULI_LOG_DIR": bindings.render(service.log_dir or ".", value_of),
                "JUPYTER_TOKEN": f"<token service {name}>",
                "JUPYTER_CONFIG_DIR": str(folder / "services" / name),
                "JUPYTER_RUNTIME_DIR": str(folder / "services" / name),
            }
            log = f"{LOGS}/service_{name}.txt"
            yield Process(_process(name), log, program.command, env, waited_for=False, needed=False)


def _process(name: str) -> str:
    return f"service {name}"


def look_at(job: CommandJob, look: Look, before: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the services of a job that runs; ``before`` is what was kept at the last look."""
    served = look.served or Served()
    kept: dict[str, Any] = {}
    for name, service in asked_for(job).items():
        key = f"service {name}"
        port = service.port or served.ports.get(key)
        error = _why(service, served.ended.get(_process(name)))
        was_up = (before.get(name) or {}).get("up", False)
        is_up = not error and bool(port) and service.type not in _NOTES and (was_up or _answers(int(port or 0)))
        kept[name] = {"port": port, "token": served.tokens.get(key), "error": error, "up": is_up}
    return kept


def _why(service: JobService, ended: str | None) -> str | None:
    program = _PROGRAMS.get(service.type)
    if ended is None or program is None:
        return None
    if ended == _NOT_THERE or "was not found" in ended:
        return f"'{program.package}' is not in the job's environment. Add that package to it."
    return f"{ended} Its log says more."


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), _PATIENCE_S).close()
    except OSError:
        return False
    return True


def tell(record: Record) -> dict[str, ServiceState]:
    """How the services of a job are, by what was kept at the last look."""
    if not record.body.get("services"):
        return {}
    kept = record.state.get("served") or {}
    services = asked_for(document_of(noun("job"), record))
    return {name: _state(service, record.status, kept.get(name) or {}) for name, service in services.items()}


def _state(service: JobService, status: str | None, kept: Mapping[str, Any]) -> ServiceState:
    if note := _NOTES.get(service.type):
        return ServiceState(service.type, "NotServed", error=note)
    port, error = kept.get("port"), kept.get("error")
    if error:
        return ServiceState(service.type, "Failed", error=error)
    if status in (Status.QUEUED, Status.PREPARING):
        return ServiceState(service.type, "NotStarted")
    if status != Status.RUNNING:
        return ServiceState(service.type, "Stopped")
    if not port or not kept.get("up"):
        return ServiceState(service.type, "Starting", port)
    program = _PROGRAMS.get(service.type)
    way_in = program.way_in.format(token=kept.get("token")) if program else ""
    return ServiceState(service.type, "Running", port, f"http://127.0.0.1:{port}/", way_in)
