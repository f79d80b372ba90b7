"""What runs for a deployment and for an endpoint's front, as the engine takes it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import lazuli
from lazuli.assets.kinds import Codes, Models
from lazuli.assets.storage import Location, Storage
from lazuli.compute.engine import Plan, Stage, StageKind
from lazuli.compute.environments import Realised
from lazuli.endpoints.collected import Collections
from lazuli.endpoints.plain import PlainModels
from lazuli.jobs.environment import JobEnvironments
from lazuli.jobs.plan import stages_below
from lazuli.resources.deployment import CodeConfiguration, OnlineDeployment, RequestSettings
from lazuli.resources.table import noun
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["LOG", "Serving", "check_plan", "front_plan", "sockets"]

LOG = "user_logs/std_log.txt"
_RUNTIME = Path(lazuli.__file__).parent / "runtime"
_APP, _MODELS, _SETTINGS = "app", "azureml-models", "serving.json"
_SPARE_S = 5.0
_MOST_WORKERS = 64
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
        if record.body.get("code_configuration") or not record.body.get("model"):
            return None
        model = self._models.resolve(record.id.scope, str(record.body["model"]), target="model")
        return self._plain.file(model)

    def environment(self, record: Record) -> Realised:
        """The environment of a deployment, or how far it is."""
        return self._environments.named(record.id.scope, str(record.body["environment"]))

    def plan(self, record: Record, folder: Path, environment: Realised) -> Plan:
        """A deployment of processes, in the work folder ``folder``: a worker behind each of its sockets."""
        said: OnlineDeployment = document_of(noun("online-deployment"), record)
        configured = said.code_configuration or CodeConfiguration()
        asked = said.request_settings or RequestSettings()
        stage = [Stage(StageKind.FOLDER, _APP)]
        if configured.code:
            code = self._codes.resolve(record.id.scope, configured.code, target="code_configuration.code")
            container, _, path = str(code.body["path"]).partition("/")
            stage += stages_below(self._store.blobs, Location(container, path), _APP, StageKind.COPY)
        home, laid = self._model(record)
        settings = {
            "root": str(folder / _APP),
            **({"script": configured.scoring_script} if configured.scoring_script else {"flavor": "mlflow"}),
            "sockets": sockets(record, folder),
            "timeout_ms": asked.request_timeout_ms,
            "collect": self._collections.of(record),
        }
        stage += [*laid, Stage(StageKind.TEXT, _SETTINGS, content=json.dumps(settings))]
        scope = record.id.scope
        env = {
            "AZUREML_MODEL_DIR": str(folder / home),
            "AML_APP_ROOT": str(folder / _APP),
            "AZUREML_ENTRY_SCRIPT": configured.scoring_script or "",
            "SERVICE_NAME": record.id.name,
            "SERVICE_VERSION": record.id.version,
            "WORKSPACE_NAME": scope.workspace,
            "AZUREML_ARM_SUBSCRIPTION": scope.subscription,
            "AZUREML_ARM_RESOURCEGROUP": scope.resource_group,
            "AZUREML_ARM_WORKSPACE_NAME": scope.workspace,
            "VIRTUAL_ENV": str(environment.prefix),
            **environment.variables,
            **said.environment_variables,
        }
        program = _RUNTIME / "inside" / "lazuli_score" / "__main__.py"
        if environment.container:
            raise Unsupported(
                "Deployments do not run in container images yet.",
                target="environment",
                mend="Use an environment with a conda file, or a curated one.",
            )
        return Plan(
            command=(str(environment.python), "-u", str(program), str(folder / _SETTINGS)),
            env=env,
            path=(str(environment.prefix / "bin"),),
            stage=tuple(stage),
            cwd=_APP,
            grace_s=asked.request_timeout_ms / 1000 + _SPARE_S,
            log=LOG,
        )

    def _model(self, record: Record) -> tuple[str, list[Stage]]:
        """Where the model lies in the work folder, and what is laid there: as on Azure, below its own last name."""
        if not record.body.get("model"):
            return _MODELS, [Stage(StageKind.FOLDER, _MODELS)]
        model = self._models.resolve(record.id.scope, str(record.body["model"]), target="model")
        home = f"{_MODELS}/{model.id.name}/{model.id.version}"
        location = self._storage.locate(record.id.scope, str(model.body["path"]), target="model")
        if location.is_outside:
            raise Unsupported(
                f"The model '{model.id.name}' lies outside this server.",
                target="model",
                mend="Download it, and register it from the local path.",
            )
        if blob := self._storage.blob(location):
            file = PurePosixPath(blob.name).name
            return home, [Stage(StageKind.LINK, f"{home}/{file}", str(self._store.blobs.file(blob)))]
        last = PurePosixPath(location.path).name
        place = f"{home}/{last}" if last else home
        laid = list(stages_below(self._store.blobs, location, place, StageKind.LINK))
        if not laid:
            raise InvalidInput(f"The files of the model '{model.id.name}' are gone.", target="model")
        return home, laid


def sockets(record: Record, folder: Path) -> list[str]:
    """The sockets of a deployment's workers, in its work folder: one for each request that it takes at a time."""
    instances = int(record.body.get("instance_count") or 1)
    at_once = int((record.body.get("request_settings") or {}).get("max_concurrent_requests_per_instance") or 1)
    found = [str(folder / f"s{number}") for number in range(min(instances * at_once, _MOST_WORKERS))]
    if len(found[-1].encode()) > _LONGEST_SOCKET:
        raise InvalidInput(
            "The path of the data folder is too long for the sockets of deployments.",
            target="data_dir",
            mend="Use a data folder with a shorter path.",
        )
    return found


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
