"""Models with all that answers for them, for machines without this server."""

from __future__ import annotations

import io
import shutil
import subprocess  # noqa: TID251 - the package stands apart from lazuli
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Sequence

from azureml._lazuli.server import raised_as
from azureml.core.container_registry import ContainerRegistry
from azureml.core.inference_config import InferenceConfig
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["ModelPackage"]

_PROGRAMS = ("docker", "podman")
_POLL_S = 0.2


class ModelPackage:
    """A package on its way, which :meth:`wait_for_creation` waits for. :meth:`Model.package` makes one."""

    def __init__(
        self,
        workspace: Workspace,
        models: Sequence[Any],
        inference_config: InferenceConfig | None,
        generate_dockerfile: bool,
        image_name: str | None,
        image_label: str | None,
    ) -> None:
        from azureml.core.webservice._no_code import config_of

        if not models:
            raise WebserviceException("A package has a model at least.")
        config = inference_config or config_of(models)
        further = [each._resource_id for each in models[1:]]
        self.workspace = workspace
        self.location = f"localhost/{image_name or models[0].name.lower()}:{image_label or models[0].version}"
        """What the image is called that :meth:`pull` builds."""
        self._said = {**config._scripted(workspace), "furtherModels": further} if config else {}
        self._path = f"{models[0]._address}/package"
        self._is_folder = generate_dockerfile
        self._url = ""
        self.state = "Running"
        self._look()

    @property
    def package_build_log_uri(self) -> str:
        """Where the log of its environment is; empty where it has none of its own."""
        _, _, environment = str(self._said.get("environmentId", "")).partition("/environments/")
        path = self.workspace._path(f"environments/{environment}/buildlog")
        return f"{self.workspace._server.url}{path}" if environment else ""

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Wait until it is made. Raises :class:`WebserviceException` where it cannot be."""
        while self.state == "Running":
            time.sleep(_POLL_S)
            self._look()
        if show_output:
            print("Package creation Succeeded")

    def save(self, output_directory: str) -> None:
        """Write the folder: a ``Dockerfile``, and all that it takes."""
        self.wait_for_creation()
        self._look()  # an address holds for an hour
        content = self.workspace._server.respond("GET", self._url).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(output_directory)
        print(f"Package saved to {Path(output_directory).absolute()}")

    def pull(self) -> None:
        """Build the image here, with docker or podman. Raises :class:`WebserviceException` where neither is, or fails.

        What the environment lists is fetched from the index of Python packages that these use.
        """
        if self._is_folder:
            raise WebserviceException("The package is a folder (generate_dockerfile=True): save(output_directory).")
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if program is None:
            raise WebserviceException("An image is built with docker or podman, and neither is here. Use save().")
        with TemporaryDirectory() as folder:
            self.save(folder)
            built = subprocess.run([program, "build", "-t", self.location, folder], check=False)  # noqa: S603
        if built.returncode:
            raise WebserviceException(f"'{program} build' failed ({built.returncode}); its output says why.")

    def get_container_registry(self) -> ContainerRegistry:
        """The registry of the image that the package begins with, which asks nobody for a name."""
        found = ContainerRegistry()
        found.address, found.username, found.password = "docker.io", "", ""
        return found

    def serialize(self) -> dict[str, Any]:
        """What it says, as JSON can hold it."""
        return {"state": self.state, "location": self.location, "packageBuildLogUri": self.package_build_log_uri}

    def _look(self) -> None:
        try:
            with raised_as(WebserviceException):
                said = self.workspace._call("POST", self._path, self._said)
        except WebserviceException:
            self.state = "Failed"
            raise
        self._url = said.get("url", "")
        self.state = "Succeeded" if self._url else "Running"
