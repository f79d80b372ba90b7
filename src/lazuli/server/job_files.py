"""Jobs as the YAML files that people write: checked while they write, submitted as they stand, and written back.

The same classes read them that read the files of ``lazuli job create``. What a file says of the machine of who wrote it
cannot be reached from here, and no path in it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from lazuli.client.envelope import body_of
from lazuli.client.included import is_file
from lazuli.client.localise import ANONYMOUS, fingerprint
from lazuli.client.located import located
from lazuli.client.located_files import wrong
from lazuli.client.names import job_name
from lazuli.compute.curated import NAMES
from lazuli.jobs.again import said_anew
from lazuli.resources.component import CommandComponent
from lazuli.resources.environment import Environment
from lazuli.resources.job import CommandJob, Job
from lazuli.resources.kinds import AnyJob, check_runs
from lazuli.resources.node import CommandNode, ParallelNode
from lazuli.resources.parallel import ParallelTask
from lazuli.resources.pipeline import PipelineJob
from lazuli.resources.sweep import SweepJob, Trial
from lazuli.schema import yaml
from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import Conflict, InvalidInput, Problem
from lazuli.schema.reference import is_remote, parse_reference, parse_resource_id
from lazuli.schema.yaml import Place, Source
from lazuli.server.present import present, read
from lazuli.server.routes import WORKSPACE, Call, Route, reply
from lazuli.server.shelves import Shelves
from lazuli.shelves.principal import Principal
from lazuli.shelves.shelf import Expected
from lazuli.store.documents import Record

__all__ = ["job_file_routes"]

_FILE = "job.yml"
_LINE = re.compile(rf"^{re.escape(_FILE)}:(\d+):? ")
_PATHS = ("code", "path", "conda_file")
"""The keys whose text names a file of the machine where the YAML lies, unless it names something remote."""
_REFERENCES = ("component", "environment", "trial")
"""Those that name a file only where the text looks like one."""
_NOT_LOOKED_AT = ("outputs", "services", "tags", "properties", "environment_variables")
_FIRST = ("type", "display_name", "experiment_name", "description", "tags", "command", "code", "trial")
_TOLD = ("name", "status", "properties", "is_archived")
_RECORDED = ("azureml.", "mlflow.", "lazuli.", "_azureml")
"""Properties that were recorded of one submission, and say nothing of the next."""

_Runs = CommandJob | CommandNode | CommandComponent | ParallelTask | Trial


def job_file_routes(shelves: Shelves) -> list[Route]:
    """The doors for jobs as YAML."""
    door = _Door(shelves)
    path = f"{WORKSPACE}/jobFile"
    shown = f"{WORKSPACE}/jobs/{{name}}/file"
    tags = ("Lazuli",)
    return [
        Route("POST", path, door.submit, "jobs/write", "Submit the job that a YAML text says", tags=tags),
        Route("POST", f"{path}/check", door.check, "jobs/write", "What is wrong with a job's YAML text", tags=tags),
        Route("GET", shown, door.show, "jobs/read", "A job as the YAML text that submits it again", tags=tags),
    ]


@dataclass(frozen=True)
class _Door:
    shelves: Shelves

    def submit(self, call: Call) -> Response:
        """The body is the YAML text."""
        source, job = _read(call)
        name = job.name or job_name()
        with located(job, source):
            self._settle(call.scope, job, lambda made: self._keep(call.scope, made, call.principal))
            id, said = self._as_sent(call.scope, name, job)
            if self._is_there(id):
                raise Conflict(f"The job '{name}' is here already.", target="name", mend="Choose another, or none.")
            record, _ = self.shelves.job.put(id, said, call.principal, Expected(nothing=True))
        return reply(present(self.shelves.job.noun, record, call.base_url), 201)

    def check(self, call: Call) -> Response:
        """All that submitting it would find, with its lines; nothing is kept and nothing fetched for it.

        ``{"problems": [{"line", "target", "message", "mend", "severity"}], "type"}``.
        """
        found: list[dict[str, Any]] = []
        kind = None
        try:
            source, job = _read(call)
            kind = job.type.value
            found += [_told(each, "warning") for each in source.warnings]
            with located(job, source):
                self._settle(call.scope, job, lambda made: self._standing_for(call.scope, made, call.principal))
                _leave_out_fetched(job)
                id, said = self._as_sent(call.scope, job.name or job_name(), job)
                self.shelves.job.prepare(id, said, call.principal)
        except Problem as problem:
            if problem.status >= 500 and problem.status != 501:
                raise
            found += [_told(each, "error") for each in problem.details or (problem,)]
        return reply({"problems": found, "type": kind})

    def show(self, call: Call) -> Response:
        """Without what was recorded of that one submission: its name, status and facts."""
        record = self.shelves.job.get(ResourceId(call.scope, "jobs", call.params["name"]))
        return Response(_written(self.shelves.job.noun.document, record), media_type="application/yaml")

    def _as_sent(self, scope: Scope, name: str, job: Job) -> tuple[ResourceId, Job]:
        """The job as a client would send it, and as this server reads that."""
        id = ResourceId(scope, "jobs", name)
        noun = self.shelves.job.noun
        return id, read(noun, id, body_of(noun, job, scope))

    def _is_there(self, id: ResourceId) -> bool:
        with self.shelves.job.store.state.read() as tx:
            return self.shelves.job.store.documents.find(tx, id) is not None

    def _settle(self, scope: Scope, job: Job, named: Callable[[Environment], str]) -> None:
        """Environments that are written in place get the names that a client gives them."""
        check_runs(job)
        for runs in _all_that_run(job):
            if isinstance(runs.environment, Environment):
                runs.environment = named(runs.environment)

    def _keep(self, scope: Scope, made: Environment, actor: Principal) -> str:
        id = _id_of(scope, made)
        self.shelves.environment.put(id, made, actor)
        return id.path

    def _standing_for(self, scope: Scope, made: Environment, actor: Principal) -> str:
        """One that is there, for one that is checked and not kept."""
        self.shelves.environment.prepare(_id_of(scope, made), made, actor)
        return f"azureml:{NAMES[0]}@latest"


def _read(call: Call) -> tuple[Source, Job]:
    """The job that the body says. Raises :class:`InvalidInput` for what only another machine could open."""
    try:
        text = call.body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The body is no text in UTF-8.", target="body") from None
    source = yaml.parse(text, name=_FILE)
    job: Job = AnyJob.from_yaml(source)
    for place, said in _paths(source.data):
        what = f"'{said}' is a path of your machine, which the server cannot see"
        raise wrong(source, place, what, "Upload it here, or name what is kept; 'lazuli job create' uploads by itself.")
    return source, job


def _paths(said: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """What names a file, with where it is said. The path of an output is a place, and its check tells what is wrong."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for key, value in items:
        if not isinstance(value, str):
            if key not in _NOT_LOOKED_AT:
                yield from _paths(value, (*place, key))
        elif place[-1:] != ("inputs",) and _names_file(str(key), value):
            yield (*place, key), value


def _names_file(key: str, said: str) -> bool:
    if key in _REFERENCES:
        return is_file(said)
    return key in _PATHS and "\n" not in said and "${{" not in said and not is_remote(said)


def _all_that_run(job: Job) -> Iterator[_Runs]:
    """What in a job says itself what it runs, and in which environment."""
    if isinstance(job, CommandJob):
        yield job
    elif isinstance(job, SweepJob):
        yield job.trial
    elif isinstance(job, PipelineJob):
        for node in job.jobs.values():
            component = getattr(node, "component", None) or getattr(node, "trial", None)
            if isinstance(component, CommandComponent) or (isinstance(node, CommandNode) and node.command):
                yield component if isinstance(component, CommandComponent) else node  # type: ignore[misc]
            elif isinstance(node, ParallelNode) and node.task and component is None:
                yield node.task


def _leave_out_fetched(job: Job) -> None:
    """Code that would be fetched from elsewhere is left to the submission: a check is quick, and is asked often."""
    for runs in _all_that_run(job):
        if runs.code and not (parse_reference(runs.code) or parse_resource_id(runs.code)):
            runs.code = None


def _id_of(scope: Scope, made: Environment) -> ResourceId:
    if not (made.name and made.version):
        made.name, made.version, made.is_anonymous = made.name or ANONYMOUS, fingerprint(made), True
    return ResourceId(scope, "environments", made.name, made.version)


def _told(problem: Problem, severity: str) -> dict[str, Any]:
    found = _LINE.match(problem.message)
    return {
        "line": int(found[1]) if found else 1,
        "target": problem.target,
        "message": problem.message[found.end() :] if found else problem.message,
        "mend": problem.mend,
        "severity": severity,
    }


def _written(kind: Any, record: Record) -> str:
    """The YAML text of a job, in the order in which one writes it."""
    job: Job = kind.load({**said_anew(record), "name": record.id.name})
    hidden = {*job.read_only_fields(), *_TOLD, *(job.model_extra or {})}
    said: Mapping[str, Any] = job.to_yaml()
    kept = {word: said[word] for word in (*_FIRST, *said) if word in said and word not in hidden}
    own = {key: text for key, text in job.properties.items() if not key.startswith(_RECORDED)}
    if kept.get("display_name") == record.id.name:
        kept.pop("display_name")
    return yaml.dump({**kept, **({"properties": own} if own else {})})
