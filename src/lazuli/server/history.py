"""The run history that Microsoft's client reads: status and logs of a job, and where its outputs lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.responses import Response, StreamingResponse

from lazuli.assets.kinds import DataAssets, Models
from lazuli.assets.storage import Storage
from lazuli.jobs.family import parent_of, root_of
from lazuli.jobs.kinds import kind_of
from lazuli.jobs.logs import Logs
from lazuli.jobs.services import ServiceState, tell
from lazuli.jobs.submit import Jobs
from lazuli.jobs.sweep.told import properties_of
from lazuli.resources.job import Job, JobType
from lazuli.resources.table import noun
from lazuli.schema.document import Document
from lazuli.schema.identity import ResourceId, parse_resource_id
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.reference import parse_datastore_path, parse_job_output
from lazuli.server.present import moment
from lazuli.server.routes import SIGNED, WORKSPACE, Call, Route, reply
from lazuli.server.tickets import Tickets
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record, Selection

__all__ = ["history_routes"]

_HISTORY = f"/history/v1.0{WORKSPACE}"
_LOG_SECONDS = 24 * 3600
_RUN_TYPES = {
    JobType.COMMAND: "azureml.scriptrun",
    JobType.SWEEP: "hyperdrive",
    JobType.PIPELINE: "azureml.PipelineRun",
    JobType.AUTOML: "automl",
}
_STEP = "azureml.StepRun"


def history_routes(
    jobs: Jobs, data: DataAssets, models: Models, storage: Storage, logs: Logs, tickets: Tickets
) -> list[Route]:
    """The doors of the run history and of the services that resolve assets to places."""
    door = _History(jobs, data, models, storage, logs, tickets)
    run = f"{_HISTORY}/runs/{{name}}"
    in_experiment = f"{_HISTORY}/experiments/{{experiment}}/runs/{{name}}"
    return [
        Route("GET", f"{run}/details", door.details, "jobs/read", "Status and logs of a job"),
        Route("GET", run, door.run, "jobs/read", "A job as a run"),
        Route("GET", f"{run}/children", door.children, "jobs/read", "The jobs that a job has made"),
        Route("PATCH", in_experiment, door.patch, "jobs/write", "Describe or hide a job"),
        Route(
            "GET",
            f"{run}/serviceinstances/{{node}}",
            door.services,
            "jobs/write",
            "The services of a job, with what opens them",
        ),
        Route("POST", f"{_HISTORY}/rundata", door.run_data, "jobs/read", "The outputs of a job"),
        Route("GET", "/history/v1.0/logs/{ticket}", door.log, SIGNED, "A log file, by its signed address"),
        Route(
            "POST",
            f"/data/v1.0{WORKSPACE}/dataversion/batchGetResolvedUris",
            door.resolve,
            "data/read",
            "Where data lies",
        ),
        Route(
            "POST",
            f"/modelregistry/v1.0{WORKSPACE}/models/batchGetResolvedUris",
            door.resolve,
            "models/read",
            "Where models lie",
        ),
    ]


class _History:
    def __init__(
        self, jobs: Jobs, data: DataAssets, models: Models, storage: Storage, logs: Logs, tickets: Tickets
    ) -> None:
        self._jobs = jobs
        self._shelves = {"data": data, "models": models}
        self._storage = storage
        self._logs = logs
        self._tickets = tickets

    def _record(self, call: Call, name: str = "") -> Record:
        return self._jobs.get(ResourceId(call.scope, "jobs", name or call.params["name"]))

    def details(self, call: Call) -> Response:
        record = self._record(call)
        return reply({**self._run(record), "logFiles": self._log_files(call, record)})

    def run(self, call: Call) -> Response:
        return reply(self._run(self._record(call)))

    def children(self, call: Call) -> Response:
        """All of them at once unless fewer are asked for: Microsoft's client takes no second page."""
        asked = call.query.get("$top") or call.query.get("top") or ""
        selection = Selection(call.scope, "jobs", parent=self._record(call).id.name, newest_first=False)
        children: list[Record] = []
        while page := self._jobs.select(replace(selection, after=children[-1].place if children else None)):
            children += page
        wanted = children[: int(asked)] if asked.isdecimal() else children
        return reply({"value": [self._run(child) for child in wanted]})

    def _run(self, record: Record) -> dict[str, Any]:
        job: Job = document_of(noun("job"), record)
        target = record.state.get("target") or job.compute
        run: dict[str, Any] = {
            "runId": record.id.name,
            "parentRunId": record.parent or None,
            "rootRunId": root_of(record),
            "displayName": job.display_name,
            "description": job.description,
            "experimentName": job.experiment_name,
            "experimentId": job.experiment_name,  # the client shows it as the name
            "runType": self._type(record),
            "status": record.status,
            "target": target,
            "compute": {"target": target} if target else None,
            "createdUtc": moment(record.created_at),
            "lastModifiedUtc": moment(record.modified_at),
            "hidden": record.archived,
            "startTimeUtc": job.start_time,
            "endTimeUtc": job.end_time,
            "properties": {**job.properties, **properties_of(record)},
            "tags": job.tags,
        }
        if job.error:
            run["error"] = {"error": {"code": job.error.code, "message": job.error.message}}
        return run

    def _type(self, record: Record) -> str:
        """The kind of run, in the words of Azure's run history; a step is one whatever it runs but a sweep."""
        kind = kind_of(record)
        parent = parent_of(record) if kind is JobType.COMMAND else None
        try:
            is_step = parent is not None and kind_of(self._jobs.get(parent)) is JobType.PIPELINE
        except NotFound:  # deleted since
            is_step = False
        return _STEP if is_step else _RUN_TYPES[kind]

    def _log_files(self, call: Call, record: Record) -> dict[str, str]:
        """Addresses that carry their own, short-lived permission: the client sends no token with them."""
        return {
            name: f"{call.base_url}/history/v1.0/logs/"
            + self._tickets.issue({"job": record.id.path, "file": name}, _LOG_SECONDS)
            for name in self._logs.names(record)
        }

    def log(self, call: Call) -> Response:
        claims = self._tickets.open(call.params["ticket"])
        id = parse_resource_id(str(claims.get("job")))
        if id is None:
            raise NotFound("There is no such log.")
        record = self._jobs.get(id)
        return StreamingResponse(self._pieces(record, str(claims["file"])), media_type="text/plain; charset=utf-8")

    def _pieces(self, record: Record, file: str) -> Iterator[bytes]:
        offset = 0
        while piece := self._logs.read(record, file, offset):
            yield piece
            offset += len(piece)

    def patch(self, call: Call) -> Response:
        body = call.json()
        words = {"display_name": body.get("displayName"), "description": body.get("description")}
        for word in ("tags", "properties"):
            given = body.get(word)
            if given is not None and not isinstance(given, dict):
                raise InvalidInput(f"'{word}' is not a mapping.", target=word)
            words[word] = {str(k): str(v) for k, v in given.items()} if given is not None else None
        if "hidden" in body:
            words["is_archived"] = bool(body["hidden"])
        id = ResourceId(call.scope, "jobs", call.params["name"])
        changed = self._jobs.describe(id, call.principal, **{k: v for k, v in words.items() if v is not None})
        return reply(self._run(changed))

    def services(self, call: Call) -> Response:
        """The services of a job. All its nodes are one machine, and share them."""
        return reply({"instances": {name: _instance(state) for name, state in tell(self._record(call)).items()}})

    def run_data(self, call: Call) -> Response:
        run = call.json().get("runId")
        if not isinstance(run, str) or not run:
            raise InvalidInput("'runId' is missing.", target="runId", mend="Send the name of a job.")
        record = self._record(call, run)
        job: Job = document_of(noun("job"), record)
        spell = _type_speller(call.headers.get("user-agent", ""))
        outputs = {
            name: {"assetId": f"azureml://jobs/{record.id.name}/outputs/{name}", "type": spell(output.type.value)}
            for name, output in job.outputs.items()
        }
        return reply({"runMetadata": {**self._run(record), "outputs": outputs}})

    def resolve(self, call: Call) -> Response:
        values = call.json().get("values")
        if not isinstance(values, list):
            raise InvalidInput("'values' is not a list of asset ids.", target="values")
        return reply({"values": {str(v): {"uri": self._place(call, str(v))} for v in values}})

    def _place(self, call: Call, asset: str) -> str:
        """The full datastore address behind an asset id."""
        if parse_job_output(asset):
            address = self._storage.resolve(call.scope, asset)
        else:
            id = parse_resource_id(asset.removeprefix("azureml:"))
            shelf = self._shelves.get(id.kind.lower()) if id else None
            if id is None or shelf is None or id.scope.key != call.scope.key:
                raise InvalidInput(f"'{asset[:200]}' is not the id of an asset.", target="values")
            document: Document = document_of(shelf.noun, shelf.get(id))
            address = str(document.to_yaml()["path"])
        place = parse_datastore_path(address)
        return place.in_full(call.scope) if place else address


def _instance(state: ServiceState) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": state.type.rest,
        "port": state.port,
        "status": state.status,
        "endpoint": f"{state.endpoint}{state.way_in}" if state.endpoint else None,
        "properties": {},
    }
    return {**said, "error": {"error": {"code": "ServiceFailed", "message": state.error}}} if state.error else said


def _type_speller(user_agent: str) -> Any:
    """Clients before 1.35 know ``UriFolder``, later ones ``uri_folder``; told wrongly, they skip the output."""
    match = re.search(r"azure-ai-ml/(\d+)\.(\d+)", user_agent)
    if match and (int(match[1]), int(match[2])) < (1, 35):
        return lambda word: {"mltable": "MLTable"}.get(word) or "".join(p.capitalize() for p in word.split("_"))
    return lambda word: word
