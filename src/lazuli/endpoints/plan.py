"""What runs for a deployment and for an endpoint's front, as the engine takes it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import lazuli
from lazuli.assets.kinds import Codes, Models
from lazuli.assets.storage import Location, Storage
from lazuli.compute.containers import Container
from lazuli.compute.engine import Look, Plan, Stage, StageKind
from lazuli.compute.environments import Realised
from lazuli.endpoints.collected import Collections
from lazuli.endpoints.plain import MLFLOW, PlainModels
from lazuli.endpoints.servers import Asked, own_asked, own_plan
from lazuli.jobs.environment import JobEnvironments
from lazuli.jobs.plan import stages_below
from lazuli.resources.deployment import CodeConfiguration, OnlineDeployment, RequestSettings
from lazuli.resources.environment import InferenceConfig
from lazuli.resources.table import noun
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["LOG", "Serving", "check_plan", "front_plan", "sockets"]

LOG = "user_logs/std_log.txt"
_RUNTIME = Path(lazuli.__file__).parent / "runtime"
_PROGRAM = "lazuli_score/__main__.py"
_APP, _MODELS, _SETTINGS = "app", "azureml-models", "serving.json"
_INSIDE, _SHELL_INSIDE = "/var/azureml-app", "/var/lazuli"
"""Where the code lies in a container, and the program that serves a script."""
_PYTHON_INSIDE = """
python=$(command -v python || command -v python3) || { echo "The image has no Python for the script." >&2; exit 127; }
exec "$python" -u "$0" "$1"
"""
_SPARE_S = 5.0
_MOST_WORKERS = 64
_MOUNTED = re.compile(r"/[A-Za-z0-9._/-]*[A-Za-z0-9._-]/?")
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's address."""


class Serving:
    """Makes the plans of deployments."""

    def __init__(
        self,
        store: Store,
        storage: Storage,
        models: Models,
        codes: Codes,
        environments: JobEnvironments,
        plain: PlainModels,
        collections: Collections,
    ) -> None:
        self._collections = collections
        self._plain = plain
        self._store = store
        self._storage = storage
        self._models = models
        self._codes = codes
        self._environments = environments

    def onnx(self, record: Record) -> Path | None:
        """The file with which a deployment answers, where it is an ONNX model without a script."""
        body, scope = record.body, record.id.scope
        if body.get("code_configuration") or body.get("command") or not body.get("model"):
            return None
        if body.get("environment") and self._environments.document(scope, str(body["environment"])).inference_config:
            return None
        model = self._models.resolve(record.id.scope, str(record.body["model"]), target="model")
        return self._plain.file(model)

    def environment(self, record: Record) -> Realised:
        """The environment of a deployment, or how far it is."""
        return self._environments.named(record.id.scope, str(record.body["environment"]))

    def plan(self, record: Record, key: str, folder: Path, environment: Realised) -> Plan:
        """An instance of a deployment under ``key``, in the work folder ``folder``.

        A script has a worker behind each of its sockets; a server of one's own has ports.
        """
        said: OnlineDeployment = document_of(noun("online-deployment"), record)
        configured, container = said.code_configuration or CodeConfiguration(), environment.container
        home, laid = self._models_laid(record)
        app, models, volumes = str(folder / _APP), str(folder / _MODELS), ()
        if container:
            app, models = _INSIDE, _mount_path(said)
            volumes = (f"--volume={folder / _APP}:{app}", f"--volume={folder / _MODELS}:{models}:ro")
        variables = {
            "AZUREML_MODEL_DIR": f"{models}/{home}" if home else models,
            "AML_APP_ROOT": app,
            "AZUREML_ENTRY_SCRIPT": configured.scoring_script or "",
            "VIRTUAL_ENV": str(environment.prefix),
        }
        timeout_ms = (said.request_settings or RequestSettings()).request_timeout_ms
        plan = Plan(
            command=("bash", "-c", said.command or "false"),
            env={**variables, **_names(record), **environment.variables, **said.environment_variables},
            path=(str(environment.prefix / "bin"),),
            stage=(*self._code(record.id.scope, configured), *laid),
            cwd=_APP,
            grace_s=timeout_ms / 1000 + _SPARE_S,
            log=LOG,
        )
        if routes := self.routes(record, environment):
            return own_plan(plan, routes, key, container, volumes, said.command)
        settings = {
            "root": app,
            **({"script": configured.scoring_script} if configured.scoring_script else {"flavor": "mlflow"}),
            "sockets": sockets(record, folder),
            "timeout_ms": timeout_ms,
            "collect": self._collections.of(record, in_container=container is not None),
        }
        laid = [*plan.stage, Stage(StageKind.TEXT, _SETTINGS, content=json.dumps(settings))]
        plan = replace(plan, stage=tuple(laid))
        if container is None:
            program = str(_RUNTIME / "inside" / _PROGRAM)
            return replace(plan, command=(str(environment.python), "-u", program, str(folder / _SETTINGS)))
        shell = ("sh", "-c", _PYTHON_INSIDE, f"{_SHELL_INSIDE}/{_PROGRAM}", str(folder / _SETTINGS))
        ours = (f"--volume={_RUNTIME / 'inside'}:{_SHELL_INSIDE}:ro", f"--user={_user(container)}")
        kept = [f"--volume={place}:{place}" for place in self._collections.places(record)]
        return container.around(replace(plan, command=shell), folder, key, (*ours, *volumes, *kept))

    def _code(self, scope: Scope, configured: CodeConfiguration) -> list[Stage]:
        """What is laid into the folder of the code; within it a container has a place for models."""
        stage = [Stage(StageKind.FOLDER, f"{_APP}/{_MODELS}")]
        if configured.code:
            code = self._codes.resolve(scope, configured.code, target="code_configuration.code")
            place, _, path = str(code.body["path"]).partition("/")
            stage += stages_below(self._store.blobs, Location(place, path), _APP, StageKind.COPY)
        return stage

    def routes(self, record: Record, environment: Realised) -> InferenceConfig | None:
        """How the deployment's own server is asked; None where ours serves a script, or a model of MLflow.

        Raises :class:`InvalidInput` where it would be its own, and nothing says how it starts.
        """
        routes = self._environments.document(record.id.scope, str(record.body["environment"])).inference_config
        if record.body.get("command") or environment.container:
            return routes
        if routes and not (record.body.get("code_configuration") or {}).get("scoring_script"):
            model = record.body.get("model")
            found = self._models.resolve(record.id.scope, str(model), target="model") if model else None
            if found is None or self._plain.kind(found) != MLFLOW:
                raise InvalidInput(
                    "Nothing says how its own server starts: the environment is no container image here.",
                    target="command",
                    mend="Give 'command', which starts it at the port that the variable PORT tells.",
                )
        return None

    def asked(self, record: Record, folder: Path, look: Look) -> Asked | None:
        """How an instance is asked that was started in the work folder ``folder``; None before that can be told."""
        if routes := self.routes(record, self.environment(record)):
            return own_asked(routes, look)
        addresses = sockets(record, folder)
        routes = [(address, "/") for address in addresses]
        return Asked(addresses, routes, routes)

    def _models_laid(self, record: Record) -> tuple[str, list[Stage]]:
        """The folder among the models that a script is told, and what is laid: the one model's, or that of them all."""
        said = [record.body.get("model"), *(record.body.get("further_models") or [])]
        found = [self._model(record, str(each)) for each in said if each]
        if len(found) == 1:
            return found[0]
        return "", [Stage(StageKind.FOLDER, _MODELS), *(stage for _, laid in found for stage in laid)]

    def _model(self, record: Record, said: str) -> tuple[str, list[Stage]]:
        """Where a model lies among the models, and what is laid there: as on Azure, below its own last name."""
        model = self._models.resolve(record.id.scope, said, target="model")
        home = f"{model.id.name}/{model.id.version}"
        location = self._storage.locate(record.id.scope, str(model.body["path"]), target="model")
        if location.is_outside:
            raise Unsupported(
                f"The model '{model.id.name}' lies outside this server.",
                target="model",
                mend="Download it, and register it from the local path.",
            )
        if blob := self._storage.blob(location):
            file = PurePosixPath(blob.name).name
            return home, [Stage(StageKind.LINK, f"{_MODELS}/{home}/{file}", str(self._store.blobs.file(blob)))]
        last = PurePosixPath(location.path).name
        place = f"{_MODELS}/{home}/{last}" if last else f"{_MODELS}/{home}"
        laid = list(stages_below(self._store.blobs, location, place, StageKind.LINK))
        if not laid:
            raise InvalidInput(f"The files of the model '{model.id.name}' are gone.", target="model")
        return home, laid


def _names(record: Record) -> dict[str, str]:
    """The variables that tell a process whom it serves."""
    scope = record.id.scope
    return {
        "SERVICE_NAME": record.id.name,
        "SERVICE_VERSION": record.id.version,
        "WORKSPACE_NAME": scope.workspace,
        "AZUREML_ARM_SUBSCRIPTION": scope.subscription,
        "AZUREML_ARM_RESOURCEGROUP": scope.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": scope.workspace,
    }


def _mount_path(said: OnlineDeployment) -> str:
    """Where models lie in a container."""
    path = said.model_mount_path or f"{_INSIDE}/{_MODELS}"
    if not _MOUNTED.fullmatch(path) or ".." in path.split("/"):
        raise InvalidInput(
            f"'{path[:80]}' is no place for models in a container.",
            target="model_mount_path",
            mend="Use the absolute path of a folder, of letters, digits, '.', '_', '-' and '/'.",
        )
    return path.rstrip("/")


def _user(container: Container) -> str:
    """Who in a container has this process's files: the user of a rootless podman is seen as root there."""
    is_podman = PurePosixPath(container.command[0]).name == "podman"
    return "0:0" if is_podman else f"{os.getuid()}:{os.getgid()}"


def sockets(record: Record, folder: Path) -> list[str]:
    """The sockets of an instance's workers, in its work folder: one for each request that it takes at a time."""
    at_once = int((record.body.get("request_settings") or {}).get("max_concurrent_requests_per_instance") or 1)
    found = [str(folder / f"s{number}") for number in range(min(at_once, _MOST_WORKERS))]
    check_room(folder / f"s{at_once}")
    return found


def check_room(socket: Path) -> None:
    """Raise :class:`InvalidInput` where the path of a socket is longer than the system takes."""
    if len(str(socket).encode()) > _LONGEST_SOCKET:
        raise InvalidInput(
            "The path of the data folder is too long for the sockets of endpoints.",
            target="data_dir",
            mend=f"Use a data folder whose path is {len(str(socket).encode()) - _LONGEST_SOCKET} letters shorter.",
        )


def check_plan(table: Mapping[str, Any], folder: Path, config: str) -> Plan:
    """Whether a front could take a table: what it has to load is loaded once, apart from what answers now."""
    return Plan(
        command=(sys.executable, "-m", "lazuli.runtime.front", "--check", str(folder / config)),
        stage=(Stage(StageKind.TEXT, config, content=json.dumps(table)),),
        log=LOG,
    )


def front_plan(table: Mapping[str, Any], folder: Path, config: str) -> Plan:
    """An endpoint's front, in the work folder ``folder``, with its first table in the file ``config``."""
    return Plan(
        command=(sys.executable, "-m", "lazuli.runtime.front", str(folder / config)),
        stage=(Stage(StageKind.TEXT, config, content=json.dumps(table)),),
        grace_s=30,
        log=LOG,
    )
