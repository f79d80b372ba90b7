"""The door of function sweeps: a program that tries a Python function itself, and keeps every trial here."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from lazuli.jobs.submit import Jobs
from lazuli.jobs.sweep.functions import FunctionSweeps
from lazuli.ml.search import Trial
from lazuli.resources.sweep import SweepJob
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.server.present import present, read
from lazuli.server.routes import WORKSPACE, Call, Route, reply

__all__ = ["function_routes"]

_PATH = f"{WORKSPACE}/functionSweeps/{{name}}"


def function_routes(jobs: Jobs, sweeps: FunctionSweeps) -> list[Route]:
    """Begin or take up a sweep, keep its trials one by one, and end it."""

    def open_(call: Call) -> Response:
        document = read(jobs.noun, _id(call), call.json())
        if not isinstance(document, SweepJob):
            raise InvalidInput("This is not a sweep.", target="jobType", mend="Send 'jobType': 'Sweep'.")
        opened = sweeps.open(_id(call), document, call.principal)
        told = present(jobs.noun, opened.record, call.base_url)
        return reply(
            {
                "job": told,
                "holder": opened.holder,
                "seed": opened.record.state["seed"],
                "trials": [_told(trial) for trial in opened.trials],
                "skipped": list(opened.skipped),
                "earlier": [_told(trial) for trial in opened.earlier],
            }
        )

    def keep(call: Call) -> Response:
        said = call.json()
        sweeps.add(_id(call), _holder(said), said)
        return reply({})

    def alive(call: Call) -> Response:
        sweeps.alive(_id(call), _holder(call.json()))
        return reply({})

    def end(call: Call) -> Response:
        said = call.json()
        sweeps.end(_id(call), _holder(said), str(said.get("verdict")), str(said.get("message") or ""))
        return reply({})

    rows = [
        ("PUT", _PATH, open_, "Begin a sweep of a function, or take it up"),
        ("POST", f"{_PATH}/trials", keep, "Keep a trial that has ended"),
        ("POST", f"{_PATH}/alive", alive, "Say that its program is still there"),
        ("POST", f"{_PATH}/end", end, "End the sweep, or leave it for later"),
    ]
    return [
        Route(method, path, handler, "jobs/write", summary, tags=("Lazuli",)) for method, path, handler, summary in rows
    ]


def _id(call: Call) -> ResourceId:
    return ResourceId(call.scope, "jobs", call.params["name"])


def _holder(said: dict[str, Any]) -> str:
    return str(said.get("holder") or "")


def _told(trial: Trial) -> dict[str, Any]:
    steps = [value if abs(value) < float("inf") else str(value) for value in trial.steps]
    return {"number": trial.number, "params": dict(trial.params), "steps": steps, "state": trial.state}
