"""Firings: a schedule is due, and submits its job. Each firing has one job, however often its step is taken.

The job's name follows from the schedule's and from the moment, so whoever comes again finds it made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lazuli.jobs.again import earlier_job, said_anew
from lazuli.jobs.published import PublishedPipelines
from lazuli.jobs.submit import Jobs
from lazuli.resources.inout import AssetType, Mode
from lazuli.resources.job import Job
from lazuli.resources.kinds import LATER, AnyJob
from lazuli.resources.schedule import JobAgain, Schedule
from lazuli.schema import bindings
from lazuli.schema.identity import ResourceId, Scope, parse_resource_id
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.words import moment
from lazuli.shelves.principal import Principal
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["SCHEDULE", "Firing", "Firings", "acts_for"]

SCHEDULE = "azureml.scheduleName"
"""The property of a job that names the schedule which submitted it."""
_TAG = "ScheduleName"
_CONTEXT = "creation_context"
_LAID_OVER = ("inputs", "outputs", "tags", "properties", "settings")
_DIFFERENT = JobAgain.model_fields.keys() - {"type", "job"}


@dataclass(frozen=True)
class Firing:
    """One firing of a schedule."""

    due: int
    """The moment at which it was due, in milliseconds since 1970."""
    path: str = ""
    """What changed, where that is why it fires, and where the job is to be told."""
    is_file: bool = False
    """Whether that is a file, not a folder."""

    def kept(self) -> dict[str, Any]:
        """What is kept of it in a record's state."""
        return asdict(self)

    @property
    def time(self) -> str:
        """The moment as text: ISO 8601, UTC, with milliseconds only where there are any."""
        return str(moment(self.due)).replace(".000Z", "Z")

    def job(self, schedule: str) -> str:
        """The name of its job, which has no dot in it."""
        plain = schedule.replace(".", "_")
        if plain != schedule:  # and is not that of the schedule which is called so
            plain += f"_{hashlib.sha256(schedule.encode()).hexdigest()[:8]}"
        return f"{plain}-{self._stamp}"

    def display_name(self, schedule: str) -> str:
        """The name that its job shows, as on Azure: to the second."""
        return f"{schedule}-{self._stamp[:15]}Z"

    @property
    def _stamp(self) -> str:
        return "".join(sign for sign in self.time if sign.isalnum())


class Firings:
    """Submits the jobs of schedules."""

    def __init__(self, store: Store, jobs: Jobs, published: PublishedPipelines) -> None:
        self._store = store
        self._jobs = jobs
        self._published = published

    def submit(self, record: Record, firing: Firing) -> str:
        """Submit the job of a schedule, unless that is done already; its name.

        Raises a problem where it cannot be submitted; nothing is made then.
        """
        id = ResourceId(record.id.scope, "jobs", firing.job(record.id.name))
        with self._store.state.read() as tx:
            made = self._store.documents.find(tx, id)
        if made is None:
            document = self.document(record.id, Schedule.load(record.body), firing)
            made, _ = self._jobs.put(id, document, acts_for(record))
        if (made.body.get("properties") or {}).get(SCHEDULE) != record.id.name:
            raise InvalidInput(f"The name '{id.name}' is that of another job.", target="name", mend="Delete that job.")
        return id.name

    def check(self, id: ResourceId, schedule: Schedule, firing: Firing, actor: Principal) -> None:
        """Raise a problem where the job of a schedule could not be submitted as things are."""
        document = self.document(id, schedule, firing)
        if later := document.inputs.get(getattr(schedule.trigger, "input_name", None) or ""):
            later.mode = Mode.DIRECT  # what it is given when it fires need not be there yet
        if type(document) not in LATER:
            self._jobs.prepare(ResourceId(id.scope, "jobs", firing.job(id.name)), document, actor)

    def document(self, id: ResourceId, schedule: Schedule, firing: Firing) -> Job:
        """The job of a firing, with its expressions filled."""
        said = self._said(id, schedule)
        said["inputs"] = {
            name: _filled_input(name, value, firing, id.name) for name, value in (said.get("inputs") or {}).items()
        }
        said["outputs"] = {
            name: _filled_output(name, value, firing) for name, value in (said.get("outputs") or {}).items()
        }
        self._tell_change(said["inputs"], schedule, firing)
        own = {"name": firing.job(id.name), "display_name": firing.display_name(id.name)}
        tags = {_TAG: id.name, **(said.get("tags") or {})}
        properties = {**(said.get("properties") or {}), SCHEDULE: id.name}
        return AnyJob.load({**said, **own, "tags": tags, "properties": properties})

    def _said(self, id: ResourceId, schedule: Schedule) -> dict[str, Any]:
        """The job that a schedule says: its definition, or that of an earlier one with what is different."""
        job = schedule.create_job
        if isinstance(job, Job):
            return job.dump()
        if job is None:
            raise InvalidInput("'create_job' is required.", target="create_job", mend="Say which job to submit.")
        named = job.job if isinstance(job, JobAgain) else job
        earlier = self._earlier(id.scope, named)
        if isinstance(job, JobAgain):
            for key, value in job.dump().items():
                if key not in _DIFFERENT or not value:  # clients send much that is empty
                    continue
                earlier[key] = {**(earlier.get(key) or {}), **value} if key in _LAID_OVER else value
        return earlier

    def _earlier(self, scope: Scope, named: str) -> dict[str, Any]:
        """What is submitted again: a published pipeline by its resource id, else a job that was submitted before."""
        published = parse_resource_id(named.removeprefix("azureml:"))
        if published is None or published.kind.lower() != self._published.noun.collection.lower():
            return said_anew(earlier_job(self._store, scope, named, target="create_job"))
        if published.scope.key != scope.key:
            raise InvalidInput(
                f"'{published.name}' lies in workspace '{published.scope.workspace}'.",
                target="create_job",
                mend="Make the schedule in the workspace of the pipeline.",
            )
        return self._published.said_by(published)

    def _tell_change(self, inputs: dict[str, Any], schedule: Schedule, firing: Firing) -> None:
        """Give the input that asks for it the path of what changed."""
        name = getattr(schedule.trigger, "input_name", None)
        if not name:
            return
        if name not in inputs:
            raise InvalidInput(
                f"The job has no input '{name}'.",
                target="trigger.input_name",
                mend=did_you_mean(name, [*inputs]) or "Add it to the inputs of 'create_job'.",
            )
        if not firing.path:
            return
        if isinstance(inputs[name], str):
            inputs[name] = firing.path
        else:
            kind = AssetType.URI_FILE if firing.is_file else AssetType.URI_FOLDER
            inputs[name] = {**inputs[name], "type": kind.value, "path": firing.path}


def acts_for(record: Record) -> Principal:
    """Whom the jobs of a schedule belong to: who made it."""
    return Principal("", record.created_by, "none")


def _filled_input(name: str, said: Any, firing: Firing, schedule: str) -> Any:
    """An input with its expressions filled. What is nothing but an expression is a text, not a path."""
    values = {"name": firing.job(schedule), _CONTEXT: firing.time}
    target = f"inputs.{name}"
    if isinstance(said, str):
        return _filled(said, values, target)
    path = said.get("path") or ""
    filled = _filled(path, values, target)
    return filled if filled in values.values() else {**said, "path": filled} if path else said


def _filled_output(name: str, said: Any, firing: Firing) -> Any:
    """An output with the moment filled; its other expressions are filled where jobs are submitted."""
    path = said.get("path") or ""
    return {**said, "path": _filled(path, {_CONTEXT: firing.time}, f"outputs.{name}.path")} if path else said


def _filled(text: str, values: Mapping[str, str], target: str) -> str:
    known = {group: {"trigger_time" if group == _CONTEXT else ""} for group in values}
    for binding in bindings.bindings_in(text):
        if binding.group in known:
            bindings.check(str(binding), known, target=target)
    for group, value in values.items():
        text = bindings.fill(text, group, {"trigger_time": value, "": value})
    return text
