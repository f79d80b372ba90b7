"""Services as on the scripts' own machine."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from azureml.core.inference_config import Kept, code_of
from azureml.core.webservice._endpoint import SOURCE, Endpoint
from azureml.core.webservice.webservice import MAIN, Webservice, WebserviceDeploymentConfiguration
from azureml.exceptions import WebserviceException

if TYPE_CHECKING:
    from azureml.core.inference_config import InferenceConfig
    from azureml.core.workspace import Workspace

__all__ = ["LocalWebservice", "LocalWebserviceDeploymentConfiguration"]


class LocalWebserviceDeploymentConfiguration(WebserviceDeploymentConfiguration):
    """How a service is deployed, as on the scripts' own machine."""

    kind = "Local"
    port: int | None = None


class LocalWebservice(Webservice):
    """A service as on the scripts' own machine; here it runs on the server's, like any other.

    Its address needs no key. With ``must_exist=False`` one that is not there is ``unknown``.
    """

    _kind = "Local"
    _spelt: ClassVar = {"Healthy": "running", "Failed": "failed", "Transitioning": "deploying"}

    def __init__(self, workspace: Workspace, name: str, must_exist: bool = True) -> None:
        if must_exist or Endpoint(workspace, name).found() is not None:
            super().__init__(workspace, name)
            return
        self.workspace, self.name, self.state = workspace, name, "unknown"
        self._endpoint = Endpoint(workspace, name)

    @staticmethod
    def deploy_configuration(port: int | None = None) -> LocalWebserviceDeploymentConfiguration:
        """How a service is deployed: at this port, where nobody has it, else at another. ``service.port`` tells it."""
        return LocalWebserviceDeploymentConfiguration(locals())

    @property
    def port(self) -> int:
        """The port of the server's machine where it is asked."""
        said = (self._endpoint.found() or {"properties": {}})["properties"].get("scoringUri") or ""
        return int(said.partition("://")[2].partition("/")[0].rpartition(":")[2] or 0)

    @property
    def base_url(self) -> str:
        """Its address, without a path."""
        return self.scoring_uri.partition("/score")[0]

    def reload(self, wait: bool = False) -> None:
        """Start it anew, with the script and its folder as they are on this machine now."""
        from azureml.core.webservice._deploying import put_deployment

        main = self._endpoint.deployments()[MAIN]
        if not main.source:
            raise WebserviceException(f"The service '{self.name}' has no script of this machine. Use update().")
        said = {**main.said, "codeConfiguration": code_of(self.workspace, **main.source)}
        variables = {**(said.get("environmentVariables") or {}), "LAZULI_RELOADED": uuid.uuid4().hex}
        put_deployment(self._endpoint, MAIN, {**said, "environmentVariables": variables}, {})
        self.wait_for_deployment() if wait else self.update_deployment_state()

    def deploy_to_cloud(
        self,
        name: str | None = None,
        deployment_config: WebserviceDeploymentConfiguration | None = None,
        deployment_target: Any = None,
    ) -> Webservice:
        """Another service of the same models, script and environment, of the kind that the configuration says."""
        from azureml.core.webservice._deploying import deploy

        config = Kept(self._endpoint.deployments()[MAIN].said)
        return deploy(
            self.workspace, name or f"{self.name}-cloud", self.models, config, deployment_config, deployment_target
        )

    def delete(self, delete_cache: bool = True, delete_image: bool = False, delete_volume: bool = True) -> None:
        """Take it away. There is no cache, image or volume of its own, so the words have no effect."""
        super().delete()
        self.state = "deleted"

    @classmethod
    def _own(cls, config: InferenceConfig | Kept | None) -> dict[str, str]:
        if config is None or isinstance(config, Kept):
            return {}
        folder = config.source_directory and str(Path(config.source_directory).absolute())
        script = config.entry_script if folder else str(Path(config.entry_script).absolute())
        return {SOURCE: json.dumps({"entry_script": script, "source_directory": folder})}
