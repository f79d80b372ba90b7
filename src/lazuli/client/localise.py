"""What a YAML file says of this machine, turned into what the server understands.

In two steps, so that a mistake leaves nothing half made: :func:`localise` finds and checks everything first, and the
steps it returns are taken only then.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from lazuli.client import git
from lazuli.client.included import check_component, check_steps, is_file
from lazuli.client.located_files import existing, including, wrong
from lazuli.client.names import job_name
from lazuli.client.snapshot import Snapshot, scan, scan_code, with_includes
from lazuli.resources.batch import BatchDeployment, BatchJob
from lazuli.resources.component import CommandComponent, Component, ParallelComponent
from lazuli.resources.data import Data, DataType
from lazuli.resources.deployment import CodeConfiguration, Deployment
from lazuli.resources.environment import BuildContext, Environment
from lazuli.resources.in_place import ANONYMOUS as ANONYMOUS_COMPONENT
from lazuli.resources.inout import AssetType, Input
from lazuli.resources.job import CommandJob, Job
from lazuli.resources.kinds import AnyComponent, AnyJob
from lazuli.resources.model import Model
from lazuli.resources.node import CommandNode, NodeBase, ParallelNode, SweepNode
from lazuli.resources.parallel import ParallelTask
from lazuli.resources.pipeline import PipelineComponent, PipelineJob
from lazuli.resources.published import PublishedPipeline
from lazuli.resources.schedule import JobAgain, Schedule
from lazuli.resources.sweep import SweepJob, Trial
from lazuli.schema import yaml
from lazuli.schema.document import Document
from lazuli.schema.problems import Unsupported
from lazuli.schema.reference import is_remote
from lazuli.schema.yaml import Place, Source

__all__ = ["ANONYMOUS", "ANONYMOUS_MODEL", "Recipient", "Step", "fingerprint", "localise"]

ANONYMOUS = "CliV2AnonymousEnvironment"
"""The name that environments defined inside a job share; their version is the hash of what they say."""
ANONYMOUS_MODEL = "anonymous-"
"""What the names of models begin with that a deployment brought along."""


class Recipient(Protocol):
    """What the steps need of a workspace."""

    def upload(self, snapshot: Snapshot) -> str:
        """Where the snapshot lies, uploaded unless it was already."""
        ...

    def upload_code(self, snapshot: Snapshot) -> str:
        """The id of the code asset with this content."""
        ...

    def keep_environment(self, environment: Environment) -> str:
        """The id of the environment, made unless it is there already."""
        ...

    def keep_model(self, model: Model) -> str:
        """The id of the model, made unless it is there already."""
        ...

    def keep_component(self, component: Component) -> str:
        """The id of the component, made unless it is there already."""
        ...


_Runs = CommandJob | CommandComponent | CommandNode | ParallelTask | Trial
"""What says a code folder and an environment."""

Step = Callable[[Recipient], None]
"""Uploads one thing and says in the document where it went."""


def localise(document: Document, source: Source, *, cwd: Path | None = None) -> list[Step]:
    """The steps after which ``document`` speaks of nothing local any more; to be taken in order.

    Raises :class:`InvalidInput` for everything that can be known to be wrong before the first of them.
    """
    if isinstance(document, PipelineJob | PipelineComponent):
        check_steps(document, source)
    elif isinstance(document, Component):
        check_component(document, source)
    if isinstance(document, CommandJob | SweepJob | PipelineJob):
        return list(_job(document, source, cwd or Path.cwd()))
    if isinstance(document, Schedule):
        return list(_schedule(document, source, cwd or Path.cwd()))
    if isinstance(document, PublishedPipeline):
        return list(_published(document, source, cwd or Path.cwd()))
    if isinstance(document, Component):
        return list(_component(document, source))
    if isinstance(document, Environment):
        return list(_environment(document, source, ()))
    if isinstance(document, Data | Model):
        return list(_asset(document, source))
    if isinstance(document, Deployment):
        return list(_deployment(document, source))
    if isinstance(document, BatchJob):
        return list(_inputs(document.inputs, source, ()))
    return []


def _deployment(deployment: Deployment, source: Source) -> Iterator[Step]:
    """What a deployment brings along: its script, its environment, its model."""
    if deployment.code_configuration:
        _check_script(deployment.code_configuration, source)
        yield from _code(deployment.code_configuration, source, ("code_configuration",))
    if deployment.environment is not None:
        yield from _chosen_environment(deployment, source)
    if isinstance(deployment, BatchDeployment):
        yield from _answering(deployment, source)
    model = deployment.model
    if isinstance(model, Model):
        yield from _asset(model, source, ("model",))

        def keep(recipient: Recipient) -> None:
            if not (model.name and model.version):  # the same files are the same model
                model.name, model.version = model.name or f"{ANONYMOUS_MODEL}{_hash({'path': model.path})}", "1"
            deployment.model = recipient.keep_model(model)

        yield keep


def _check_script(said: CodeConfiguration, source: Source) -> None:
    """Raise :class:`InvalidInput` where a folder of this machine has no such script."""
    if said.scoring_script and said.code and not is_remote(said.code):
        existing(source, ("code_configuration", "code"), said.code)
        existing(source, ("code_configuration", "scoring_script"), f"{said.code.rstrip('/')}/{said.scoring_script}")


def _answering(deployment: BatchDeployment, source: Source) -> Iterator[Step]:
    """The component that answers a batch: one that is kept, that of a file, or one made of a job."""
    if deployment.component:
        yield from _kept(deployment, "component", source, ("component",))
    elif job := deployment.job_definition:

        def keep(recipient: Recipient) -> None:
            said = {"name": ANONYMOUS_COMPONENT, "version": _hash({"job": job}), "is_anonymous": True}
            made = PipelineComponent.load({**said, "type": "pipeline", "source_job_id": job})
            deployment.component, deployment.job_definition = recipient.keep_component(made), None

        yield keep


def _job(job: CommandJob | SweepJob | PipelineJob, source: Source, cwd: Path) -> Iterator[Step]:
    job.name = job.name or job_name()
    if "experiment_name" not in job.model_fields_set:
        job.experiment_name = re.sub(r"[^\w.-]+", "-", cwd.name).strip("-._") or "Default"
    job.properties = {**git.facts(cwd), **job.properties}
    runs, place = (job.trial, ("trial",)) if isinstance(job, SweepJob) else (job, ())
    if not isinstance(runs, PipelineJob):
        yield from _code(runs, source, place)
    yield from _inputs(job.inputs, source, ())
    for name, put in job.outputs.items():
        if put.path and not is_remote(put.path):
            raise wrong(
                source,
                ("outputs", name, "path"),
                f"the output's path '{put.path}' is local",
                "Leave it out, or name a place on a datastore: azureml://datastores/…/paths/….",
            )
    if not isinstance(runs, PipelineJob):
        yield from _chosen_environment(runs, source, place)
        return
    yield from _steps(runs.jobs, source)
    if runs.component:
        yield from _kept(runs, "component", source, ("component",))


def _inputs(inputs: Mapping[str, Input], source: Source, place: Place) -> Iterator[Step]:
    for name, put in inputs.items():
        if put.path and not is_remote(put.path) and "${{" not in put.path:
            here = (*place, "inputs", name, "path")
            found = existing(source, here, put.path)
            if "type" not in put.model_fields_set:
                put.type = AssetType.URI_FILE if found.is_file() else AssetType.URI_FOLDER
            _check_kind(source, here, found, put.type is AssetType.URI_FILE, put.type is AssetType.URI_FOLDER)
            yield _sender(put, scan(found))


def _steps(steps: Mapping[str, NodeBase], source: Source) -> Iterator[Step]:
    """What the steps of a pipeline bring: their own code and environments, and the files of their components."""
    for name, node in steps.items():
        place: Place = ("jobs", name)
        yield from _inputs(node.inputs, source, place)
        if isinstance(node, CommandNode) and node.command:
            yield from _code(node, source, place)
            yield from _chosen_environment(node, source, place)
        elif isinstance(node, ParallelNode) and node.task and node.component is None:
            yield from _task(node.task, source, (*place, "task"))
        word = "trial" if isinstance(node, SweepNode) else "component"
        if getattr(node, word, None):
            yield from _kept(node, word, source, (*place, word))


def _kept(holder: Document, word: str, source: Source, place: Place) -> Iterator[Step]:
    """The component that a step or a pipeline names; that of a file is kept under the hash of what it says."""
    said = getattr(holder, word)
    if not isinstance(said, str):
        yield from _component(said, source, place)
        return
    if not is_file(said):
        return
    source = including(source, place, said)
    component = AnyComponent.from_yaml(source)
    yield from _component(component, source)

    def keep(recipient: Recipient) -> None:
        component.display_name = component.display_name or component.name
        component.name, component.is_anonymous = ANONYMOUS_COMPONENT, True
        component.version = _hash({k: v for k, v in component.dump().items() if k not in ("name", "version")})
        setattr(holder, word, recipient.keep_component(component))

    yield keep


def _schedule(schedule: Schedule, source: Source, cwd: Path) -> Iterator[Step]:
    said = schedule.create_job
    if isinstance(said, JobAgain) and is_file(said.job):
        source = _overlaid(source, said.job)
        said = AnyJob.from_yaml(source)
    elif not isinstance(said, JobAgain):
        said, source = _written(said, source, "create_job")
    schedule.create_job = said
    if isinstance(said, PipelineJob):
        check_steps(said, source)
    if isinstance(said, CommandJob | SweepJob | PipelineJob):
        yield from _job(said, source, cwd)
    elif isinstance(said, Job):
        _check_nothing_local(source)
    if isinstance(said, Job):
        said.name = ""  # each that is submitted gets a name of its own


def _published(published: PublishedPipeline, source: Source, cwd: Path) -> Iterator[Step]:
    said, source = _written(published.pipeline, source, "pipeline")
    if isinstance(said, str):
        return
    if not isinstance(said, PipelineJob):
        raise wrong(source, ("type",), f"it is a {said.type.value} job", "Only pipelines are published.")
    published.pipeline = said
    check_steps(said, source)
    yield from _job(said, source, cwd)
    said.name = ""


def _written(said: Any, source: Source, word: str) -> tuple[Any, Source]:
    """A job that is written in place or in a file, with where its lines are; the name of one stays as it is."""
    if isinstance(said, str) and is_file(said):
        source = including(source, (word,), said.removeprefix("file:"))
        return AnyJob.from_yaml(source), source
    if isinstance(said, Job):
        lines = {key[1:]: line for key, line in source.lines.items() if key[:1] == (word,)}
        return said, replace(source, data=_at(source.data, (word,)), lines=lines)
    return said, source


def _overlaid(source: Source, file: str) -> Source:
    """The file of a job, with what ``create_job`` says differently; maps are laid over each other, one level deep."""
    under = including(source, ("create_job", "job"), file.removeprefix("file:"))
    over = {key: value for key, value in _mapping(_at(source.data, ("create_job",))).items() if key != "job"}
    data = dict(_mapping(under.data))
    for key, value in over.items():
        under_it = data.get(key)
        both = isinstance(value, dict) and isinstance(under_it, dict)
        data[key] = {**_mapping(under_it), **_mapping(value)} if both else value
    return replace(under, data=data)


def _mapping(data: object) -> dict[str, object]:
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}


def _check_nothing_local(source: Source) -> None:
    """Raise :class:`Unsupported` where a job of several names a file of this machine: only a command's are sent."""
    for place, text in _paths(source.data):
        if place[-1] == "component" and not is_file(text):
            continue
        if place[-1] == "environment" and not text.endswith((".yml", ".yaml")):
            continue
        if not is_remote(text) and "${{" not in text:
            raise Unsupported(
                f"{source.where(place)}: '{'.'.join(map(str, place))}' is '{text}', and files of such a job are not "
                "sent yet. Nothing was made.",
                target=".".join(map(str, place)),
                mend="Keep it as a component, data or an environment first, and name that: azureml:<name>@latest.",
            )


def _paths(said: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """What may name a file, with where it is said."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for key, value in items:
        if key in ("code", "component", "conda_file", "environment", "path", "trial") and isinstance(value, str):
            yield (*place, key), value
        else:
            yield from _paths(value, (*place, key))


def _component(component: Component, source: Source, place: Place = ()) -> Iterator[Step]:
    if isinstance(component, PipelineComponent):
        yield from _steps(component.jobs, source)
    elif isinstance(component, ParallelComponent):
        if component.task:
            yield from _task(component.task, source, (*place, "task"))
    elif isinstance(component, CommandComponent):
        yield from _code(component, source, place)
        yield from _chosen_environment(component, source, place)


def _task(task: ParallelTask, source: Source, place: Place) -> Iterator[Step]:
    yield from _code(task, source, place)
    yield from _chosen_environment(task, source, place)


def _chosen_environment(job: _Runs | Deployment, source: Source, place: Place = ()) -> Iterator[Step]:
    said = job.environment
    place = (*place, "environment")
    if isinstance(said, str):
        if is_remote(said) or not said.removeprefix("file:").endswith((".yml", ".yaml")):
            return
        source = including(source, place, said)
        job.environment = said = Environment.from_yaml(source)
        place = ()
    if said is None:
        raise wrong(
            source, place, "it is required", "Name one (azureml:name@latest), or write one: {image: python:3.11}."
        )
    yield from _environment(said, source, place)

    def keep(recipient: Recipient) -> None:
        assert isinstance(said, Environment)
        if not (said.name and said.version):
            said.name, said.version, said.is_anonymous = said.name or ANONYMOUS, fingerprint(said), True
        job.environment = recipient.keep_environment(said)

    yield keep


def _environment(environment: Environment, source: Source, place: Place) -> Iterator[Step]:
    conda = _at(source.data, (*place, "conda_file"))
    if isinstance(conda, str) and "\n" not in conda:  # a mapping, or text in place, was read already
        file = existing(source, (*place, "conda_file"), conda)
        spec = yaml.load(file)
        if not isinstance(spec.data, dict) or "dependencies" not in spec.data:
            raise wrong(
                source,
                (*place, "conda_file"),
                f"'{conda}' is no conda specification",
                "It needs a list under 'dependencies'.",
            )
        environment.conda_file = file.read_text(encoding="utf-8")
    if environment.build and not is_remote(environment.build.path):
        here = (*place, "build", "path")
        folder = existing(source, here, environment.build.path)
        if not (folder / environment.build.dockerfile_path).is_file():
            raise wrong(
                source,
                here,
                f"'{environment.build.path}' has no {environment.build.dockerfile_path}",
                "Name the file with 'dockerfile_path'.",
            )
        yield _sender(environment.build, scan_code(folder))


def _asset(asset: Data | Model, source: Source, place: Place = ()) -> Iterator[Step]:
    if is_remote(asset.path):
        return
    here = (*place, "path")
    found = existing(source, here, asset.path)
    if isinstance(asset, Data):
        folder_wanted = asset.type in (DataType.URI_FOLDER, DataType.MLTABLE)
        _check_kind(source, here, found, asset.type is DataType.URI_FILE, folder_wanted)
    yield _sender(asset, scan(found))


def _code(job: _Runs | CodeConfiguration, source: Source, place: Place = ()) -> Iterator[Step]:
    """The code of what runs, with what a component includes beside it."""
    includes = getattr(job, "additional_includes", None) or []
    if not includes and (not job.code or is_remote(job.code)):
        return
    snapshot = None
    if job.code and not is_remote(job.code):
        folder = existing(source, (*place, "code"), job.code)
        snapshot = scan_code(folder) if folder.is_dir() else scan(folder)
    if includes:
        found = [existing(source, (*place, "additional_includes", n), said) for n, said in enumerate(includes)]
        snapshot = with_includes(snapshot, [scan_code(each) if each.is_dir() else scan(each) for each in found])
    assert snapshot is not None
    whole = snapshot

    def send(recipient: Recipient) -> None:
        job.code = recipient.upload_code(whole)
        if isinstance(job, CommandComponent):
            job.additional_includes = None  # they are in the code now

    yield send


def _sender(thing: Input | BuildContext | Data | Model, snapshot: Snapshot) -> Step:
    def send(recipient: Recipient) -> None:
        thing.path = recipient.upload(snapshot)

    return send


def _check_kind(source: Source, place: Place, path: Path, wants_file: bool, wants_folder: bool) -> None:
    if wants_file and path.is_dir():
        raise wrong(source, place, f"'{path.name}' is a folder", "Write 'type: uri_folder'.")
    if wants_folder and path.is_file():
        raise wrong(source, place, f"'{path.name}' is a file", "Write 'type: uri_file'.")


def _at(data: object, place: Place) -> object:
    for key in place:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def fingerprint(environment: Environment) -> str:
    """The hash of what must be installed: the same definition is the same version, whoever submits it."""
    said = environment.model_dump(
        mode="json", include={"image", "conda_file", "build", "os_type", "inference_config"}, exclude_none=True
    )
    return _hash(said)


def _hash(said: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
