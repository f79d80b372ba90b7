"""Models: files that a run, or anybody, keeps under a name, version by version."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Iterable, Mapping, Sequence
from urllib.parse import quote

from azureml._lazuli import place
from azureml._lazuli.server import raised_as
from azureml.core._model_files import MODELS_DIR, files_of, lying_in
from azureml.core._model_package import ModelPackage
from azureml.core._model_registering import KEPT, created, facts
from azureml.core._model_versions import OURS, fits, texts, versions
from azureml.core.dataset import Dataset
from azureml.core.inference_config import InferenceConfig
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.exceptions import (
    ModelNotFoundException,
    ModelPathNotFoundException,
    UserErrorException,
    WebserviceException,
)

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = [
    "Dataset",
    "InferenceConfig",
    "Model",
    "ModelNotFoundException",
    "ModelPackage",
    "ModelPathNotFoundException",
    "WebserviceException",
]

_DATASTORE = "workspaceblobstore"
_ARTIFACTS = "workspaceartifactstore"


class Model:
    """The newest model that fits what is asked for; all versions with ``version``, or ``id`` (``name:version``).

    Raises :class:`WebserviceException` where there is none.
    """

    class Framework:
        """What a model was made with."""

        CUSTOM = "Custom"
        TENSORFLOW = "TensorFlow"
        SCIKITLEARN = "ScikitLearn"
        ONNX = "Onnx"
        TFKERAS = "TfKeras"
        PYTORCH = "PyTorch"
        MULTI = "Multi"

    _SUPPORTED_FRAMEWORKS: ClassVar = ("Custom", "TensorFlow", "ScikitLearn", "Onnx", "TfKeras", "PyTorch", "Multi")

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
        expand: bool = True,
        path: str | None = None,
    ) -> None:
        if not (name or id):
            raise WebserviceException("A model is found by its name or its id ('name:version'). Give one of them.")
        if id:
            name, _, version = id.partition(":")
        assert name is not None
        asked = f"'{name}'" + (f", version {version}" if version is not None else "")
        if version is not None and not (tags or properties or run_id or model_framework):
            said = workspace._found(f"models/{quote(name, '')}/versions/{quote(str(version), '')}")
        else:
            found = (
                each
                for each in versions(workspace, name, tags, properties)
                if version is None or each["name"] == str(version)
            )
            said = next((each for each in found if fits(each, run_id, model_framework, None)), None)
        if said is None:
            raise WebserviceException(
                f"ModelNotFound: Model with name {asked} not found in provided workspace. "
                "Model.list(workspace) names those there are."
            )
        self._read(workspace, said)

    def _read(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self.workspace = workspace
        parts = said["id"].split("/")
        properties = said["properties"]
        own = dict(properties.get("properties") or {})
        kept = {word: own.pop(OURS + word, "") for word in KEPT}
        self.name: str = parts[-3]
        self.version: Any = int(parts[-1]) if parts[-1].isdigit() else parts[-1]
        self.id: str = f"{self.name}:{parts[-1]}"
        self.description: str | None = properties.get("description")
        self.tags: dict[str, str] = dict(properties.get("tags") or {})
        self.properties: dict[str, str] = own
        self.url: str = properties["modelUri"]
        self.mime_type = "application/x-python"
        self._is_mlflow: bool = properties.get("modelType") == "mlflow_model"
        self.run_id: str | None = properties.get("jobName")
        self.model_framework: str | None = kept["framework"] or None
        self.model_framework_version: str | None = kept["framework_version"] or None
        self.datasets: dict[str, list[Any]] = json.loads(kept["datasets"] or "{}")
        self.sample_input_dataset: Any = kept["sample_input"] or None
        self.sample_output_dataset: Any = kept["sample_output"] or None
        self.resource_configuration = ResourceConfiguration.deserialize(json.loads(kept["resources"] or "null"))
        made = said.get("systemData") or {}
        self.created_by: Any = made.get("createdBy")
        self.created_time: datetime | None = _time(made.get("createdAt"))

    @classmethod
    def _of(cls, workspace: Workspace, said: Mapping[str, Any]) -> Model:
        made = cls.__new__(cls)
        made._read(workspace, said)
        return made

    @staticmethod
    def _get(
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        version: int | str | None = None,
        run_id: str | None = None,
        model_framework: str | None = None,
    ) -> Model:
        return Model(workspace, name, id, tags, properties, version, run_id, model_framework)

    @property
    def run(self) -> Any:
        """The run that made it; None where none did."""
        return self.workspace.get_run(self.run_id) if self.run_id else None

    @staticmethod
    def register(
        workspace: Workspace,
        model_path: str | os.PathLike[str],
        model_name: str,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        description: str | None = None,
        datasets: Iterable[tuple[str, Any]] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        child_paths: Iterable[str] | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> Model:
        """A new version of a model, from a file or folder here. Raises :class:`WebserviceException` where none is."""
        source = Path(model_path).expanduser()
        files = files_of(source, child_paths)
        print(f"Registering model {model_name}")
        known = facts(
            Model._SUPPORTED_FRAMEWORKS,
            model_framework,
            model_framework_version,
            datasets,
            sample_input_dataset,
            sample_output_dataset,
            resource_configuration,
        )
        folder = f"{MODELS_DIR}/{model_name}/{uuid.uuid4().hex}"
        sent = {f"{folder}/{relative}": path for relative, path in files.items()}
        with raised_as(WebserviceException):
            workspace._storage.container(_DATASTORE).put_all(sent)
        root = source.resolve().name
        uri, is_mlflow = f"azureml://datastores/{_DATASTORE}/paths/{folder}/{root}", f"{root}/MLmodel" in files
        said = created(workspace, model_name, uri, is_mlflow, description, tags, {**texts(properties), **known})
        return Model._of(workspace, said)

    @staticmethod
    def _register_from_run(
        run: Any,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        model_framework: str | None = None,
        model_framework_version: str | None = None,
        description: str | None = None,
        datasets: Iterable[tuple[str, Any]] | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> Model:
        """A new version of a model, from what a run keeps at ``model_path`` (else at the model's name).

        Raises :class:`ModelPathNotFoundException` where it keeps nothing there.
        """
        workspace = run.experiment.workspace
        path = os.path.normpath(str(model_path or model_name)).replace("\\", "/").strip("/")
        root = f"ExperimentRun/dcid.{run.id}/"
        found = [each.name for each in workspace._storage.container(_ARTIFACTS).below(root + path)]
        if not found:
            raise ModelPathNotFoundException(
                f"Could not locate the provided model_path {path} in the set of files uploaded to the run: "
                f"{_some(workspace, root)}. See https://aka.ms/run-logging for more details."
            )
        known = facts(
            Model._SUPPORTED_FRAMEWORKS,
            model_framework,
            model_framework_version,
            datasets,
            sample_input_dataset,
            sample_output_dataset,
            resource_configuration,
        )
        uri, is_mlflow = f"runs:/{run.id}/{path}", f"{root}{path}/MLmodel" in found
        said = created(workspace, model_name, uri, is_mlflow, description, tags, {**texts(properties), **known})
        return Model._of(workspace, said)

    @staticmethod
    def list(
        workspace: Workspace,
        name: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        run_id: str | None = None,
        latest: bool = False,
        dataset_id: str | None = None,
        expand: bool = True,
        page_count: int = 255,
        model_framework: str | None = None,
    ) -> list[Model]:
        """The models that fit, the newest version of each first."""
        names = [name] if name else [each["name"] for each in workspace._pages("models")]
        models: list[Model] = []
        for each in names:
            found = versions(workspace, each, tags, properties)
            fitting = [said for said in found if fits(said, run_id, model_framework, dataset_id)]
            models += [Model._of(workspace, said) for said in (fitting[:1] if latest else fitting)]
        return models

    @staticmethod
    def get_model_path(model_name: str, version: int | None = None, _workspace: Workspace | None = None) -> str:
        """Where a model lies: what a service was given, what was fetched before, else fetched from the workspace now.

        Raises :class:`ModelNotFoundException` where it is in none of them.
        """
        for folder in filter(None, (os.environ.get("AZUREML_MODEL_DIR"), MODELS_DIR)):
            found = lying_in(Path(folder), model_name, version)
            if found is not None:
                return found
        if _workspace is None and place.in_job():
            from azureml.core.workspace import Workspace

            _workspace = Workspace(*place.scope_of_job())
        if _workspace is not None:
            return Model._get_model_path_remote(model_name, version, _workspace)
        raise ModelNotFoundException(
            f"Model {model_name} not found in cache at {MODELS_DIR} or in current working directory {Path.cwd()}. "
            "For more info, set logging level to DEBUG."
        )

    @staticmethod
    def _get_model_path_remote(model_name: str, version: int | None = None, workspace: Workspace | None = None) -> str:
        """Where a model of the workspace lies, once it is fetched below ``azureml-models``."""
        assert workspace is not None
        try:
            model = Model(workspace, model_name, version=version)
        except WebserviceException as missing:
            raise ModelNotFoundException(missing.message) from None
        return model.download(f"{MODELS_DIR}/{model.name}/{model.version}", exist_ok=True)

    def download(self, target_dir: str = ".", exist_ok: bool = False, exists_ok: bool | None = None) -> str:
        """Fetch its files into a folder; the path of the file or folder there.

        Raises :class:`WebserviceException` where that exists, unless ``exist_ok``.
        """
        container, path = self._place()
        root = path.rpartition("/")[2]
        target = Path(target_dir) / root
        if target.exists():
            if not (exist_ok if exists_ok is None else exists_ok):
                raise WebserviceException(
                    f"File already exists. Conflicting path: {target}. Pass exist_ok=True to write over it."
                )
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        found = container.below(path)
        if not found:
            raise WebserviceException(f"The files of the model '{self.id}' are no longer there.")
        container.fetch_all([(each.name, root + each.name[len(path) :]) for each in found], Path(target_dir))
        return str(target)

    def get_sas_urls(self) -> dict[str, str]:
        """An address for each of its files that opens it for an hour."""
        container, path = self._place()
        return {
            each.name[len(path.rpartition("/")[0]) :].lstrip("/"): container._blob(each.name)
            for each in container.below(path)
        }

    def delete(self) -> None:
        """Remove this version. Raises :class:`WebserviceException` where a service uses it."""
        with raised_as(WebserviceException):
            self.workspace._call("DELETE", self._address)

    def update(
        self,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        sample_input_dataset: Any = None,
        sample_output_dataset: Any = None,
        resource_configuration: ResourceConfiguration | None = None,
    ) -> None:
        """Say its tags or description anew. The rest is fixed when a version is registered."""
        if sample_input_dataset or sample_output_dataset or resource_configuration:
            raise UserErrorException(
                "The sample datasets and the resources of a version never change: register a new one with them."
            )
        said: dict[str, Any] = {} if tags is None else {"tags": texts(tags)}
        self._say({**said, **({} if description is None else {"description": description})})

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add to its tags."""
        self._say({"tags": {**self.tags, **texts(tags)}})

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Take tags away, by their names."""
        gone = {tags} if isinstance(tags, str) else set(tags)
        self._say({"tags": {name: value for name, value in self.tags.items() if name not in gone}})

    def update_tags_properties(
        self, add_tags: Mapping[str, str] | None = None, remove_tags: Iterable[str] | None = None
    ) -> None:
        """Add tags, and take others away."""
        if add_tags:
            self.add_tags(add_tags)
        if remove_tags:
            self.remove_tags(remove_tags)

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return {
            "createdTime": self.created_time.isoformat() if self.created_time else None,
            "createdBy": self.created_by,
            "description": self.description,
            "id": self.id,
            "mimeType": self.mime_type,
            "name": self.name,
            "framework": self.model_framework,
            "frameworkVersion": self.model_framework_version,
            "tags": self.tags,
            "properties": self.properties,
            "runId": self.run_id,
            "url": self.url,
            "version": self.version,
            "workspaceName": self.workspace.name,
            "resourceConfiguration": self.resource_configuration and self.resource_configuration.serialize(),
        }

    def print_configuration(self) -> None:
        """Print what it says."""
        print(json.dumps(self.serialize(), indent=2, default=str))

    def __repr__(self) -> str:
        said = {"name": self.name, "id": self.id, "version": self.version, "tags": self.tags}
        told = ", ".join(f"{word}={value}" for word, value in {**said, "properties": self.properties}.items())
        return f"Model(workspace={self.workspace!r}, {told})"

    @staticmethod
    def deploy(
        workspace: Workspace,
        name: str,
        models: Sequence[Model],
        inference_config: InferenceConfig | None = None,
        deployment_config: Any = None,
        deployment_target: Any = None,
        overwrite: bool = False,
        show_output: bool = False,
    ) -> Any:
        """A service that answers with models: by a script, or by itself for one of MLflow, ONNX or scikit-learn.

        Where nothing says how it is deployed, it is as on container instances, and as on a cluster with a
        ``deployment_target``, which has no other effect. ``overwrite`` changes the service of this name, whose address
        and keys stay, and which answers as before until its successor does.

        Raises :class:`WebserviceException` for a name that is taken, unless ``overwrite``.
        """
        from azureml.core.webservice._deploying import deploy

        service = deploy(workspace, name, models, inference_config, deployment_config, deployment_target, overwrite)
        if show_output:
            service.wait_for_deployment(show_output=True)
        return service

    @staticmethod
    def package(
        workspace: Workspace,
        models: Sequence[Model],
        inference_config: InferenceConfig | None = None,
        generate_dockerfile: bool = False,
        image_name: str | None = None,
        image_label: str | None = None,
    ) -> ModelPackage:
        """Models with a server, a script and its environment, as a folder that docker or podman builds.

        :meth:`ModelPackage.save` writes the folder, :meth:`ModelPackage.pull` builds the image ``image_name`` with the
        label ``image_label`` of it. The environment has to list its packages.
        """
        return ModelPackage(workspace, models, inference_config, generate_dockerfile, image_name, image_label)

    @staticmethod
    def profile(
        workspace: Workspace,
        profile_name: str,
        models: Sequence[Model],
        inference_config: InferenceConfig,
        input_dataset: Any,
        cpu: float | None = None,
        memory_in_gb: float | None = None,
        description: str | None = None,
    ) -> Any:
        """Refused: what a machine has is not parcelled out to services, so there is nothing to recommend."""
        raise WebserviceException(
            f"Model.profile ('{profile_name}') finds out how much CPU and memory to give a service, and services here "
            "have all that the machine has. Deploy it: the endpoint's page in Studio tells how long answers take."
        )

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Refused: the properties of a version are fixed when it is registered; tags are not."""
        raise UserErrorException(f"The properties of a version never change: use add_tags({dict(properties)}).")

    def add_dataset_references(self, datasets: Iterable[tuple[str, Any]]) -> None:
        """Refused: what a version was made of is fixed when it is registered."""
        purposes = ", ".join(purpose for purpose, _ in datasets)
        raise UserErrorException(f"The datasets of a version ({purposes}) are said when it is registered.")

    @property
    def _resource_id(self) -> str:
        return f"{self.workspace._scope.path}/{self._address}"

    @property
    def _address(self) -> str:
        return f"models/{quote(self.name, '')}/versions/{quote(str(self.version), '')}"

    def _say(self, changed: Mapping[str, Any]) -> None:
        current = self.workspace._found(self._address)  # a PUT where nothing is would make it anew
        if current is None:
            raise WebserviceException(f"ModelNotFound: The model '{self.id}' is no longer there.")
        body = {"properties": {**current["properties"], **changed}}
        with raised_as(WebserviceException):
            self._read(self.workspace, self.workspace._call("PUT", self._address, body))

    def _place(self) -> tuple[Any, str]:
        """The container that its files are in, and their path there."""
        url = self.url
        if url.startswith("runs:/"):
            run, _, path = url[len("runs:/") :].strip("/").partition("/")
            return self.workspace._storage.container(_ARTIFACTS), f"ExperimentRun/dcid.{run}/{path}"
        if url.startswith("azureml://jobs/"):
            path = f"/modelregistry/v1.0{self.workspace._scope.path}/models/batchGetResolvedUris"
            url = self.workspace._server.call("POST", path, {"values": [url]})["values"][url]["uri"]
        parts = url.partition("/datastores/")[2] or url.partition("://datastores/")[2]
        datastore, _, path = parts.partition("/paths/")
        return self.workspace._storage.container(datastore), path.strip("/")


def _some(workspace: Workspace, root: str) -> str:
    names = [each.name[len(root) :] for each in workspace._storage.container(_ARTIFACTS).names(root)]
    return ", ".join(names[:20]) or "none"


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z") if text else None
