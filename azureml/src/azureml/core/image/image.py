"""Images: models, a script and an environment under one name, version by version."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml.core._model_versions import has, texts
from azureml.core.environment import ImageBuildDetails
from azureml.core.inference_config import InferenceConfig, Kept
from azureml.core.model import Model
from azureml.exceptions import UserErrorException, WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["Image", "ImageConfig"]

_FOLDER = "azureml-images"


class ImageConfig:
    """What an image is made of beside its models."""

    tags: Mapping[str, str] | None = None
    properties: Mapping[str, str] | None = None
    description: str | None = None

    def _inference_config(self) -> InferenceConfig:
        raise NotImplementedError


class Image:
    """The newest image that fits what is asked for; one version with ``version``, or ``id`` (``name:version``).

    Here an image is what it is made of, kept in the workspace, and the environment, which is built when the image is
    created. A service is deployed of it; a container image for elsewhere is written by ``Model.package``.
    Raises :class:`WebserviceException` where there is none.
    """

    def __init__(
        self,
        workspace: Workspace,
        name: str | None = None,
        id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
        version: int | str | None = None,
    ) -> None:
        if not (name or id):
            raise WebserviceException("An image is found by its name or its id ('name:version'). Give one of them.")
        if id:
            name, _, version = id.partition(":")
        found = [each for each in _kept(workspace, name) if version is None or str(each["version"]) == str(version)]
        said = next((each for each in found if has(each["tags"], tags) and has(each["properties"], properties)), None)
        if said is None:
            told = f"{name}" + (f", version {version}" if version is not None else "")
            raise WebserviceException(f"ImageNotFound: Image with name {told} not found in provided workspace.")
        self._read(workspace, said)

    def _read(self, workspace: Workspace, said: Mapping[str, Any]) -> None:
        self.workspace = workspace
        self._said = dict(said)
        self.name: str = said["name"]
        self.version: int = said["version"]
        self.id: str = f"{self.name}:{self.version}"
        self.tags: dict[str, str] = dict(said["tags"])
        self.properties: dict[str, str] = dict(said["properties"])
        self.description: str | None = said["description"]
        self.created_time = datetime.fromisoformat(said["createdTime"])
        self.model_ids: list[str] = list(said["modelIds"])
        self.image_type = "Docker"
        self.image_flavor = "WebApiContainer"
        self.image_location = f"localhost/{self.name}:{self.version}"
        """What a container image of it is called."""
        self._build = _build_of(workspace, said["environmentId"])
        self.image_build_log_uri = f"{workspace._server.url}{workspace._path(self._build._path)}/buildlog"
        self.update_creation_state()

    @classmethod
    def _of(cls, workspace: Workspace, said: Mapping[str, Any]) -> Image:
        made = cls.__new__(cls)
        made._read(workspace, said)
        return made

    @staticmethod
    def create(workspace: Workspace, name: str, models: Sequence[Any], image_config: ImageConfig) -> Image:
        """A new version of an image, whose environment is built from now on."""
        from azureml.core.image.container import ContainerImage

        config = image_config._inference_config()
        version = max((each["version"] for each in _kept(workspace, name)), default=0) + 1
        streams = {stream: {"dataCollectionMode": "Enabled"} for stream in config._streams()}
        said = {
            "name": name,
            "version": version,
            "tags": texts(image_config.tags),
            "properties": texts(image_config.properties),
            "description": image_config.description,
            "createdTime": datetime.now(timezone.utc).isoformat(),
            "modelIds": [each.id for each in models],
            "dataCollector": {"collections": streams},
            **config._scripted(workspace),
        }
        print("Creating image")
        _keep(workspace, said)
        build = _build_of(workspace, said["environmentId"])
        workspace._call("POST", f"{build._path}/build")
        return ContainerImage._of(workspace, said)

    @staticmethod
    def list(
        workspace: Workspace,
        image_name: str | None = None,
        model_name: str | None = None,
        model_id: str | None = None,
        tags: Sequence[Any] | None = None,
        properties: Sequence[Any] | None = None,
    ) -> list[Image]:
        """The images that fit, the newest version of each first."""
        from azureml.core.image.container import ContainerImage

        return [
            ContainerImage._of(workspace, each)
            for each in _kept(workspace, image_name)
            if (model_name is None or model_name in [id.partition(":")[0] for id in each["modelIds"]])
            and (model_id is None or model_id in each["modelIds"])
            and has(each["tags"], tags)
            and has(each["properties"], properties)
        ]

    @property
    def models(self) -> Sequence[Model]:
        """The models in it."""
        return [Model(self.workspace, id=each) for each in self.model_ids]

    def update_creation_state(self) -> None:
        """Read anew how far it is."""
        self.creation_state: str = self._build.status

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Wait until its environment is built. Raises :class:`WebserviceException` where it cannot be."""
        try:
            self._build.wait_for_completion(show_output)
        except UserErrorException as failed:
            raise WebserviceException(failed.message) from None
        finally:
            self.update_creation_state()
        if show_output:
            print(f'Image creation operation finished for image {self.id}, operation "{self.creation_state}"')

    def add_tags(self, tags: Mapping[str, str]) -> None:
        """Add to its tags."""
        self._say(tags={**self.tags, **texts(tags)})

    def remove_tags(self, tags: Sequence[str]) -> None:
        """Take tags away, by their names."""
        gone = {tags} if isinstance(tags, str) else set(tags)
        self._say(tags={name: value for name, value in self.tags.items() if name not in gone})

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add to its properties."""
        self._say(properties={**self.properties, **texts(properties)})

    def update(self, tags: Mapping[str, str]) -> None:
        """Say its tags anew."""
        self._say(tags=texts(tags))

    def delete(self) -> None:
        """Take it away. Services that were deployed of it stay."""
        _container(self.workspace).delete(_place(self.name, self.version))

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        words = ("name", "version", "tags", "properties", "description", "createdTime", "modelIds")
        return {
            "id": self.id,
            **{word: self._said[word] for word in words},
            "creationState": self.creation_state,
            "imageLocation": self.image_location,
            "imageType": self.image_type,
            "imageBuildLogUri": self.image_build_log_uri,
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(workspace={self.workspace!r}, id={self.id}, tags={self.tags})"

    def _inference_config(self) -> Kept:
        return Kept(self._said)

    def _say(self, **changed: Any) -> None:
        said = {**self._said, **changed}
        _keep(self.workspace, said)
        self._read(self.workspace, said)


def _container(workspace: Workspace) -> Any:
    return workspace._storage.container("workspaceblobstore")


def _place(name: str, version: int) -> str:
    return f"{_FOLDER}/{name}/{version}.json"


def _keep(workspace: Workspace, said: Mapping[str, Any]) -> None:
    _container(workspace).put(_place(said["name"], said["version"]), json.dumps(said).encode())


def _kept(workspace: Workspace, name: str | None) -> list[dict[str, Any]]:
    """The definitions of images, by their names, the newest version of each first."""
    container = _container(workspace)
    names = [each.name for each in container.names(f"{_FOLDER}/{name}/" if name else f"{_FOLDER}/")]
    found = [json.loads(container.read(each)) for each in names]
    return sorted(found, key=lambda each: (each["name"], -each["version"]))


def _build_of(workspace: Workspace, id: str) -> ImageBuildDetails:
    name, _, version = id.partition("/environments/")[2].partition("/versions/")
    return ImageBuildDetails(workspace, name, version)
