"""The plan of a job: its document turned into what an engine runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lazuli.assets.storage import Location, Storage
from lazuli.compute.containers import options_of
from lazuli.compute.engine import Plan, Stage, StageKind
from lazuli.compute.environments import Realised
from lazuli.compute.warm import Warm, imports_in, shim_for
from lazuli.jobs.family import root_of
from lazuli.jobs.granted import Granted
from lazuli.jobs.parallel import MODEL, alone, driver_files
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.ranks import CODE, check_programs, code_folders, node_folders, spread
from lazuli.jobs.services import beside
from lazuli.jobs.sweep.trial import OF_TRIAL
from lazuli.resources.distribution import DistributionType
from lazuli.resources.inout import AssetType, Input, Mode, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.table import noun
from lazuli.schema import bindings
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_datastore_path
from lazuli.shelves.shelf import document_of
from lazuli.store.blobs import Blobs
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["Planner", "Reach", "file_name", "output_folder", "plain_name", "stages_below"]

_COPIED = frozenset({Mode.DOWNLOAD, Mode.EVAL_DOWNLOAD, Mode.RW_MOUNT})
_PLAIN_NAME = re.compile(r"[\w.-]{1,100}")
_PLAIN_PATH = re.compile(r"[\w./-]+")
_PLAIN_ADDRESS = re.compile(r"[\w./:@%+=,~?#-]+")
_PROGRAMS = "bin"
_GRACE_S = 10
_MOST_KNOWN = 1000
"""Of how many snapshots at most it is remembered what they import."""


@dataclass(frozen=True)
class Reach:
    """How a job reaches this server, and with what."""

    tracking_uri: str
    service_url: str
    token: str
    token_ends_at: int
    """In seconds since 1970."""
    workspace_id: str
    experiment_id: str


def output_folder(name: str) -> str:
    """The folder, in the work folder, where a named output is written."""
    return f"outputs/{name}"


class Planner:
    """Makes plans. Nothing is copied here: a plan says what the runner lays out."""

    def __init__(
        self,
        store: Store,
        storage: Storage,
        pinning: Pinning,
        reach: Callable[[Record], Reach],
        warm: Warm,
        granted: Granted,
    ) -> None:
        self._store = store
        self._warm = warm
        self._storage = storage
        self._pinning = pinning
        self._reach = reach
        self._granted = granted
        self._known_imports: dict[tuple[str, str], frozenset[str]] = {}

    def plan(self, record: Record, folder: Path, environment: Realised) -> Plan:
        """The plan of a job that runs in ``folder`` with ``environment``."""
        said: CommandJob = document_of(noun("job"), record)
        job = alone(record, said)
        stage = [Stage(StageKind.FOLDER, f"{CODE}/outputs"), Stage(StageKind.FOLDER, f"{CODE}/logs")]
        stage += node_folders(job)
        for target in code_folders(job):
            stage += self._code(record, job, target)
        values: dict[str, str] = {}
        for name, given in job.inputs.items():
            # A container sees the work folder only.
            mounts = not environment.container
            laid, values[f"inputs.{name}"] = self._input(record, name, given, folder, mounts=mounts)
            stage += laid
        for name, output in job.outputs.items():
            is_file = output.type is AssetType.URI_FILE
            stage.append(Stage(StageKind.FOLDER, output_folder(name)))
            path = folder / output_folder(name)
            values[f"outputs.{name}"] = str(path / file_name(output, name)) if is_file else str(path)
        stage += driver_files(record, said, stage, values)

        value_of = _among(values)
        command = bindings.render(job.command, value_of)
        variables = self._variables(record, job, values, environment)
        path = [str(environment.prefix / "bin")]
        if environment.python_version and (shim := shim_for(environment)):
            # Also where no warm Python is ready: one may be by the time the command calls for it.
            stage += [Stage(StageKind.TEXT, f"{_PROGRAMS}/{name}", content=shim) for name in ("python", "python3")]
            path.insert(0, str(folder / _PROGRAMS))
            variables = {"LAZULI_WARM": str(self._warm.folder(environment, variables)), **variables}
        timeout = job.limits.timeout if job.limits and job.limits.timeout else 0
        plan = Plan(
            command=("bash", "-c", command),
            env={**_folders(folder), **variables, **self._granted.values(record, job)},
            path=tuple(path),
            stage=tuple(stage),
            cwd=CODE,
            timeout_s=timeout,
            grace_s=_GRACE_S,
        )
        if not environment.container:
            check_programs(job, plan.path)
        plan = beside(spread(plan, job, folder), job, folder, value_of)
        if not environment.container:
            return plan
        options = options_of(job.resources.shm_size, job.resources.docker_args) if job.resources else ()
        return environment.container.around(plan, folder, str(record.state["key"]), options)

    def learn(self, record: Record, environment: Realised) -> None:
        """Have a warm Python with what this job's code imports ready for the next job like it."""
        job: CommandJob = document_of(noun("job"), record)
        variables = self._variables(record, job, {}, environment)
        self._warm.keep(environment, variables, self._imports(record, job))

    def _imports(self, record: Record, job: CommandJob) -> frozenset[str]:
        """What a job's code imports, read once: a snapshot does not change, and many jobs may run the same one."""
        key = (record.id.scope.key, job.code or "")
        if key not in self._known_imports:
            staged = self._code(record, job, CODE)
            sources = [(stage.target.removeprefix(f"{CODE}/"), Path(stage.source)) for stage in staged]
            if len(self._known_imports) >= _MOST_KNOWN:
                self._known_imports.clear()
            self._known_imports[key] = frozenset(imports_in(sources))
        return self._known_imports[key]

    def _code(self, record: Record, job: CommandJob, target: str) -> Iterator[Stage]:
        if job.code is None:
            return
        container, _, path = str(self._pinning.snapshot(record.id.scope, job.code).body["path"]).partition("/")
        yield from stages_below(self._store.blobs, Location(container, path), target, StageKind.COPY)

    def _input(self, record: Record, name: str, given: Input, folder: Path, *, mounts: bool) -> tuple[list[Stage], str]:
        """What is laid out for an input, and the value that stands for it in the command."""
        if given.type is AssetType.LITERAL:
            return [], given.value or ""
        address = self._pinning.address(record.id.scope, given)
        if given.mode is Mode.DIRECT:
            place = parse_datastore_path(address)
            said = place.in_full(record.id.scope) if place else address
            if address != given.path and not _PLAIN_ADDRESS.fullmatch(said):  # an asset: somebody else chose its name
                raise InvalidInput(
                    f"The address of input '{name}' holds characters that mean something in a command.",
                    target=f"inputs.{name}",
                    mend="Leave 'mode: direct' out, and the job gets its file under a plain name.",
                )
            return [], said
        location = self._storage.locate(record.id.scope, address)
        kind = StageKind.COPY if given.mode in _COPIED else StageKind.LINK
        last = plain_name(PurePosixPath(location.path).name) if name == MODEL and location.path else ""
        target, whole = f"inputs/{name}", f"inputs/{name}/{last}".rstrip("/")
        if place := self._storage.folder(location):
            if mounts and given.mode not in _COPIED and _PLAIN_PATH.fullmatch(str(place)):
                return [], str(place)
            target = f"{target}/{plain_name(place.name)}" if place.is_file() else whole
            return [Stage(StageKind.COPY, target, str(place))], str(folder / target)
        blob = self._storage.blob(location)
        if blob is None:
            laid = list(stages_below(self._store.blobs, location, whole, kind))
            if not laid:
                raise InvalidInput(f"The bytes of input '{name}' are gone.", target=f"inputs.{name}")
            return [Stage(StageKind.FOLDER, whole), *laid], str(folder / whole)
        target = f"{target}/{plain_name(PurePosixPath(blob.name).name)}"
        return [Stage(kind, target, str(self._store.blobs.file(blob)))], str(folder / target)

    def _variables(
        self, record: Record, job: CommandJob, values: Mapping[str, str], environment: Realised
    ) -> dict[str, str]:
        scope, name = record.id.scope, record.id.name
        reach = self._reach(record)
        said = {
            "AZUREML_RUN_ID": name,
            "AZUREML_ROOT_RUN_ID": root_of(record),
            "AZUREML_EXPERIMENT_ID": reach.experiment_id,
            "AZUREML_EXPERIMENT_NAME": job.experiment_name,
            "AZUREML_ARM_PROJECT_NAME": job.experiment_name,
            "AZUREML_ARM_SUBSCRIPTION": scope.subscription,
            "AZUREML_ARM_RESOURCEGROUP": scope.resource_group,
            "AZUREML_ARM_WORKSPACE_NAME": scope.workspace,
            "AZUREML_WORKSPACE_ID": reach.workspace_id,
            "AZUREML_WORKSPACE_SCOPE": scope.path,
            "AZUREML_SERVICE_ENDPOINT": reach.service_url,
            "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{reach.service_url}/discovery",
            "AZUREML_RUN_TOKEN": reach.token,
            "AZUREML_RUN_TOKEN_EXPIRY": str(reach.token_ends_at),
            "AZUREML_ENVIRONMENT_IMAGE": "True",
            "AZUREML_TARGET_TYPE": "local" if record.state.get("target") == "local" else "amlcompute",
            **_framework(job),
            "AZUREML_CONDA_ENVIRONMENT_PATH": str(environment.prefix),
            "AZUREML_CR_NODE_RANK": "0",
            "MLFLOW_TRACKING_URI": reach.tracking_uri,
            "MLFLOW_TRACKING_TOKEN": reach.token,
            "MLFLOW_RUN_ID": name,
            "MLFLOW_EXPERIMENT_ID": reach.experiment_id,
            "MLFLOW_EXPERIMENT_NAME": job.experiment_name,
            "MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT": "10",
            "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
            "DO_NOT_TRACK": "true",
            "PYTHONUNBUFFERED": "1",
            "VIRTUAL_ENV": str(environment.prefix),
        }
        for key, value in values.items():
            group, _, item = key.partition(".")
            said[f"AZURE_ML_{group[:-1].upper()}_{_variable(item)}"] = value
            said[f"AZUREML_{_KIND[_is_literal(job, group, item)]}_{_variable(item)}"] = value
            if OF_TRIAL in record.state:
                said[f"AZUREML_SWEEP_{_variable(item)}"] = value
        value_of = _among(values)
        own = {name: bindings.render_known(text, value_of) for name, text in self._granted.plain(job).items()}
        return {**said, **environment.variables, **own}


def _among(values: Mapping[str, str]) -> Callable[[bindings.Binding], str | None]:
    """What a binding stands for, among values by ``group.name``."""
    return lambda binding: values.get(f"{binding.group}.{binding.name}")


def _folders(folder: Path) -> dict[str, str]:
    code = folder / CODE
    return {"AZUREML_OUTPUT_DIRECTORY": str(code / "outputs"), "AZUREML_LOGDIRECTORY_PATH": str(code / "logs")}


def _framework(job: CommandJob) -> dict[str, str]:
    """By which framework, and over what, the job's processes talk, in Azure's words."""
    framework, communicator = _FRAMEWORKS.get(job.distribution.type if job.distribution else None, ("Python", "None"))
    return {"AZUREML_FRAMEWORK": framework, "AZUREML_COMMUNICATOR": communicator}


_FRAMEWORKS: dict[DistributionType | None, tuple[str, str]] = {
    DistributionType.PYTORCH: ("PyTorch", "Nccl"),
    DistributionType.MPI: ("Python", "Mpi"),
    DistributionType.TENSORFLOW: ("TensorFlow", "ParameterServer"),
}
_KIND = {True: "PARAMETER", False: "DATAREFERENCE"}


def _is_literal(job: CommandJob, group: str, item: str) -> bool:
    return group == "inputs" and job.inputs[item].type is AssetType.LITERAL


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name)


def stages_below(blobs: Blobs, location: Location, target: str, kind: StageKind) -> Iterator[Stage]:
    """Every file below a location of this server, laid below ``target`` under the same name."""
    for blob in blobs.below(location.container, location.prefix):
        relative = blob.name.removeprefix(location.prefix)
        yield Stage(kind, f"{target}/{relative}", str(blobs.file(blob)))


def file_name(output: Output, name: str) -> str:
    """The name of the file that a `uri_file` output is: the last part of its path, else the output's name."""
    return plain_name(PurePosixPath(output.path).name) if output.path else name


def plain_name(name: str) -> str:
    """``name`` as it may stand in a command without quotes: nothing in it can be read as a command of its own."""
    if _PLAIN_NAME.fullmatch(name):
        return name
    return re.sub(r"[^\w.-]+", "_", name)[-60:]
