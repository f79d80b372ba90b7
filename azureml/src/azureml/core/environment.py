"""Environments: the Python and the packages that scripts run with."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml._lazuli import conda
from azureml._lazuli.declined import declined
from azureml._lazuli.server import raised_as
from azureml.core import environment_file
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment_sections import (
    DEFAULT_CPU_IMAGE,
    DEFAULT_GPU_IMAGE,
    DockerSection,
    PythonSection,
    RCranPackage,
    RSection,
    SparkPackage,
    SparkSection,
    take,
)
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = [
    "DEFAULT_CPU_IMAGE",
    "DEFAULT_GPU_IMAGE",
    "CondaDependencies",
    "ContainerRegistry",
    "DockerBuildContext",
    "DockerSection",
    "Environment",
    "ImageBuildDetails",
    "PythonSection",
    "RCranPackage",
    "RSection",
    "SparkPackage",
    "SparkSection",
]

_EXAMPLE = {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
_VARIABLES = "azureml.environmentVariables"
_ANONYMOUS = "CliV2AnonymousEnvironment"
_FILE = "azureml_environment.json"
_CURATED = "AzureML-"


class DockerBuildContext:
    """A folder with a Dockerfile."""

    class LocationType:
        """Where such a folder lies."""

        Git = "git"
        StorageAccount = "storageaccount"

    def __init__(
        self, location_type: str | None = None, location: str | None = None, dockerfile_path: str = "Dockerfile"
    ) -> None:
        self.location_type = location_type
        self.location = location
        self.dockerfile_path = dockerfile_path

    @staticmethod
    def from_local_directory(
        workspace: Workspace, path: str, dockerfile_path: str = "Dockerfile"
    ) -> DockerBuildContext:
        """A folder of this machine, sent to the workspace."""
        folder = Path(path)
        files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        if dockerfile_path not in files:
            raise UserErrorException(f"The folder '{path}' has no '{dockerfile_path}'.")
        kind = DockerBuildContext.LocationType.StorageAccount
        return DockerBuildContext(kind, _sent(workspace, files), dockerfile_path)


class Environment:
    """An environment as it is written down; :meth:`register` keeps it in a workspace."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        if str(name).startswith(_CURATED) and not kwargs.pop("_skip_defaults", False):
            raise UserErrorException(
                f"Environment name can not start with the prefix '{_CURATED}'; these are the curated ones. To alter a "
                "curated environment first create a copy of it: Environment.get(...).clone('name')."
            )
        self.name = name
        self.version: str | None = None
        self.python = PythonSection()
        self.docker = DockerSection()
        self.spark = SparkSection()
        self.r: RSection | None = None
        self.environment_variables: dict[str, str] = dict(_EXAMPLE)
        self.inferencing_stack_version: str | None = None
        self.asset_id: str | None = None
        self._inherits = False
        self._known: tuple[str, dict[str, Any]] | None = None
        take(self, kwargs)

    @staticmethod
    def get(workspace: Workspace, name: str, version: str | None = None, label: str | None = None) -> Environment:
        """An environment of the workspace, or a curated one of any family: its newest version unless one is named."""
        if version is not None and label is not None:
            raise UserErrorException("Name a version or a label, not both.")
        path = f"environments/{name}"
        curated = name.startswith(_CURATED)
        if version is None and label is None and curated:
            version = "1"
        if version is None:
            said = workspace._found(path) or {}
            properties = said.get("properties", {})
            labels = properties.get("labels") or {}
            version = labels.get(label) if label not in (None, "latest") else properties.get("latestVersion")
        found = workspace._found(f"{path}/versions/{version}") if version else None
        if found is None:
            raise UserErrorException(
                f"Error retrieving the environment definition. Code: 404: Environment '{name}' "
                f"{f'version {version} ' if version else ''}is not in the workspace '{workspace.name}'."
            )
        return Environment._of(found)

    @staticmethod
    def list(workspace: Workspace) -> dict[str, Environment]:
        """The environments of the workspace by their names, with the curated ones."""
        found = {}
        for each in workspace._pages("environments"):
            name = each["name"]
            if name != _ANONYMOUS:
                found[name] = Environment.get(workspace, name)
        return found

    @staticmethod
    def from_conda_specification(name: str, file_path: str) -> Environment:
        """An environment with the packages of a conda file."""
        made = Environment(name)
        made.python.conda_dependencies = CondaDependencies(file_path)
        return made

    @staticmethod
    def from_pip_requirements(name: str, file_path: str, pip_version: str | None = None) -> Environment:
        """An environment with the packages of a requirements file."""
        try:
            lines = Path(file_path).read_text(encoding="utf-8").splitlines()
        except OSError:
            raise UserErrorException(f"There is no file '{file_path}'.") from None
        said = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
        made = Environment(name)
        packages: list[Any] = [f"pip={pip_version}"] if pip_version else []
        made.python.conda_dependencies = CondaDependencies(
            _underlying_structure={"name": "project_environment", "dependencies": [*packages, {"pip": said}]}
        )
        return made

    @staticmethod
    def from_dockerfile(
        name: str,
        dockerfile: str,
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """An environment of a Dockerfile (its path, or its text), with packages on top."""
        if conda_specification and pip_requirements:
            raise UserErrorException("Name a conda file or a requirements file, not both.")
        if conda_specification:
            made = Environment.from_conda_specification(name, conda_specification)
        elif pip_requirements:
            made = Environment.from_pip_requirements(name, pip_requirements)
        else:
            made = Environment(name)
            made.python.user_managed_dependencies = True
        made.docker.base_image = None
        made.docker.base_dockerfile = dockerfile
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: ContainerRegistry | None = None,
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """An environment of an image, with packages on top."""
        made = Environment.from_dockerfile(name, "", conda_specification, pip_requirements)
        made.docker.base_dockerfile = None
        made.docker.base_image = image
        if container_registry is not None:
            made.docker.base_image_registry = container_registry
        return made

    @staticmethod
    def from_docker_build_context(name: str, docker_build_context: DockerBuildContext) -> Environment:
        """An environment of a folder with a Dockerfile."""
        made = Environment(name)
        made.python.user_managed_dependencies = True
        made.docker.base_image = None
        made.docker.build_context = docker_build_context
        return made

    @staticmethod
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> Environment:
        """An environment with the packages of a conda environment of this machine. Raises where conda knows none."""
        import yaml

        made = Environment(name)
        said = yaml.safe_load(conda.exported(conda_environment_name))
        made.python.conda_dependencies = CondaDependencies(_underlying_structure=said)
        return made

    @staticmethod
    def load_from_directory(path: str) -> Environment:
        """The environment that :meth:`save_to_directory` wrote."""
        return Environment._from_dict(json.loads((Path(path) / _FILE).read_text(encoding="utf-8")))

    @staticmethod
    @declined("Put the wheel into the folder that the server's setting 'package_links' names, and list its package.")
    def add_private_pip_wheel(workspace: Workspace, file_path: str, exist_ok: bool = False) -> Any:
        """Refused: wheels come from a folder or an index that the server's settings name."""

    def save_to_directory(self, path: str, overwrite: bool = False) -> None:
        """Write the environment down in a folder."""
        folder = Path(path)
        if folder.exists():
            if not overwrite:
                raise UserErrorException(f"The folder '{path}' is there already. Set overwrite=True.")
            shutil.rmtree(str(folder))
        folder.mkdir(parents=True)
        (folder / _FILE).write_text(json.dumps(self._to_dict(), indent=4), encoding="utf-8")
        packages = self.python.conda_dependencies
        if packages is not None and not self.python.user_managed_dependencies:
            packages.save_to_file(folder, "conda_dependencies.yml")

    def clone(self, new_name: str) -> Environment:
        """A copy under another name, of no version yet."""
        made = Environment(new_name)
        for word, value in vars(self).items():
            setattr(made, word, copy.deepcopy(value))
        made.name, made.version, made.asset_id, made._known = new_name, None, None, None
        return made

    def register(self, workspace: Workspace) -> Environment:
        """Keep the environment in a workspace: the version that is there if nothing changed, else a new one."""
        if self.name.startswith(_CURATED):
            raise UserErrorException(f"'{self.name}' is curated already. Clone it under a name of your own.")
        body = self._body(workspace)
        newest = (workspace._found(f"environments/{self.name}") or {}).get("properties", {})
        version = newest.get("latestVersion")
        found = workspace._found(f"environments/{self.name}/versions/{version}") if version else None
        if found is None or not _says(found["properties"], body):
            version = str(newest.get("nextVersion") or "1")
            with raised_as(UserErrorException):
                found = workspace._call("PUT", f"environments/{self.name}/versions/{version}", {"properties": body})
        self.version, self.asset_id = version, found["id"]
        return Environment._of(found)

    def build(self, workspace: Workspace, image_build_compute: str | None = None) -> ImageBuildDetails:
        """Begin to make the environment on the server."""
        self.register(workspace) if not self.name.startswith(_CURATED) else None
        path = f"environments/{self.name}/versions/{self.version}"
        with raised_as(UserErrorException):
            workspace._call("POST", f"{path}/build")
        return ImageBuildDetails(workspace, self.name, str(self.version))

    def build_local(self, workspace: Workspace, platform: Any = None, **kwargs: Any) -> ImageBuildDetails:
        """The same as :meth:`build`: the server makes it on this machine, or on its own."""
        details = self.build(workspace)
        details.wait_for_completion()
        return details

    def get_image_details(self, workspace: Workspace) -> dict[str, Any]:
        """How far the environment is on the server."""
        said = workspace._call("GET", f"environments/{self.name}/versions/{self.version}")["properties"]
        return {"imageExistsInRegistry": said.get("buildState") == "ready", **said}

    def __repr__(self) -> str:
        return json.dumps(self._to_dict(), indent=4)

    # What the server is told.

    def _reference(self, workspace: Workspace, is_local: bool = False) -> str:
        """The id of this very environment in a workspace, made in passing where it is not kept there."""
        if is_local and self.python.user_managed_dependencies:
            body: dict[str, Any] = {"image": f"interpreter:{self._interpreter()}"}
        else:
            body = self._body(workspace)
            if self._known and self._known[1] == body and self._known[0].startswith(workspace._scope.path):
                return self._known[0]
        text = json.dumps(body, sort_keys=True)
        version = hashlib.sha256(text.encode()).hexdigest()[:32]
        path = f"environments/{_ANONYMOUS}/versions/{version}"
        found = workspace._found(path)
        if found is None:
            with raised_as(UserErrorException):
                found = workspace._call("PUT", path, {"properties": {**body, "isAnonymous": True}})
        return str(found["id"])

    def _interpreter(self) -> str:
        """The Python that the user manages: the one that runs here, unless another is named."""
        said = self.python.interpreter_path
        if said in ("", "python", "python3"):
            return sys.executable
        return str(Path(shutil.which(said) or said).expanduser().absolute())

    def _variables(self) -> dict[str, str]:
        return {word: str(value) for word, value in self.environment_variables.items() if _EXAMPLE.get(word) != value}

    def _body(self, workspace: Workspace) -> dict[str, Any]:
        variables = self._variables()
        told = {"properties": {_VARIABLES: json.dumps(variables, sort_keys=True)}} if variables else {}
        return {**self._image(workspace), **told}

    def _image(self, workspace: Workspace) -> dict[str, Any]:
        conda = None if self.python.user_managed_dependencies else self._conda()
        context = self.docker.build_context
        if context is not None:
            return _build(str(context.location), context.dockerfile_path, conda)
        if self.docker.base_dockerfile:
            return _build(_sent(workspace, {"Dockerfile": self._dockerfile().encode()}), "Dockerfile", conda)
        if self.r is not None and not self.r.user_managed:
            return _build(_sent(workspace, {"Dockerfile": self.r._dockerfile().encode()}), "Dockerfile", conda)
        image = self.docker._full_image()
        if conda is not None and self._inherits:  # what is added to a curated one stands on its packages
            packages = [*conda.pip_packages, *(each for each in conda.conda_packages if "python=" not in each)]
            if not packages:
                return {"image": image}
            return _build(_sent(workspace, {"Dockerfile": self._dockerfile_of(packages).encode()}), "Dockerfile", None)
        return {"image": image, **({"condaFile": conda.serialize_to_string()} if conda is not None else {})}

    def _conda(self) -> CondaDependencies | None:
        file = self.python.conda_dependencies_file
        return CondaDependencies(file) if file else self.python.conda_dependencies

    def _dockerfile_of(self, packages: Iterable[str]) -> str:
        return "\n".join([f"FROM {self.docker.base_image}", *(f"RUN pip install '{each}'" for each in packages)])

    def _dockerfile(self) -> str:
        said = str(self.docker.base_dockerfile)
        if "\n" in said or said.lstrip().upper().startswith("FROM "):
            return said
        try:
            return Path(said).read_text(encoding="utf-8")
        except OSError:
            raise UserErrorException(f"There is no Dockerfile '{said}'.") from None

    # What the server tells.

    @staticmethod
    def _of(said: Mapping[str, Any]) -> Environment:
        _, _, rest = said["id"].partition("/environments/")
        name, _, version = rest.partition("/versions/")
        properties = said["properties"]
        made = Environment(name, _skip_defaults=True)
        made.version, made.asset_id = version, said["id"]
        build = properties.get("build")
        conda = properties.get("condaFile")
        made.docker.base_image = properties.get("image")
        made._inherits = "/azureml/curated/" in (properties.get("image") or "") and not conda
        if build:
            made.docker.build_context = DockerBuildContext(
                DockerBuildContext.LocationType.StorageAccount, build["contextUri"], build["dockerfilePath"]
            )
        if conda:
            import yaml

            made.python.conda_dependencies = CondaDependencies(_underlying_structure=yaml.safe_load(conda))
        elif made._inherits:
            made.python.conda_dependencies = CondaDependencies(_underlying_structure={"dependencies": []})
        else:
            made.python.user_managed_dependencies = True
        made.environment_variables = json.loads((properties.get("properties") or {}).get(_VARIABLES) or "{}")
        made._known = (said["id"], _compared(properties))
        return made

    def _to_dict(self) -> dict[str, Any]:
        """All of it as plain values, in the words of a saved environment."""
        return environment_file.written(self)

    @staticmethod
    def _from_dict(said: Mapping[str, Any]) -> Environment:
        return environment_file.read(Environment(said["name"], _skip_defaults=True), said)


class ImageBuildDetails:
    """How an environment is being made."""

    def __init__(self, environment: Any, name: str, version: str) -> None:
        self._workspace = environment
        self._path = f"environments/{name}/versions/{version}"

    @property
    def status(self) -> str:
        """``Running``, ``Succeeded`` or ``Failed``."""
        words = {"ready": "Succeeded", "failed": "Failed"}
        return words.get(self._workspace._call("GET", self._path)["properties"].get("buildState"), "Running")

    def wait_for_completion(self, show_output: bool = True) -> None:
        """Wait until it is made. Raises :class:`UserErrorException` where it cannot be."""
        path = self._workspace._path(self._path)
        said = self._workspace._server.wait(
            path, lambda found: found["properties"].get("buildState") in ("ready", "failed")
        )
        if show_output:
            print(self._log())
        if said["properties"]["buildState"] == "failed":
            raise UserErrorException(f"The environment could not be built:\n{self._log()}")

    def _log(self) -> str:
        return str(self._workspace._call("GET", f"{self._path}/buildlog")["text"])


def _build(location: str, dockerfile: str, conda: CondaDependencies | None) -> dict[str, Any]:
    said: dict[str, Any] = {"build": {"contextUri": location, "dockerfilePath": dockerfile}}
    return {**said, **({"condaFile": conda.serialize_to_string()} if conda is not None else {})}


def _sent(workspace: Workspace, files: Mapping[str, bytes]) -> str:
    """The address of a folder with these files, which keeps them for good."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    folder = f"LocalUpload/{whole.hexdigest()[:32]}"
    container = workspace._storage.container("workspaceblobstore")
    for name, content in files.items():
        container.put(f"{folder}/{name}", content)
    return f"azureml://datastores/workspaceblobstore/paths/{folder}/"


def _compared(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What of an environment's properties says what it is made of."""
    said = {word: properties[word] for word in ("image", "condaFile", "build") if properties.get(word)}
    variables = (properties.get("properties") or {}).get(_VARIABLES)
    return {**said, **({"properties": {_VARIABLES: variables}} if variables else {})}


def _says(properties: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return _compared(properties) == dict(body)
