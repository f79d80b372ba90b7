"""Steps that run a script of R."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Iterable, Mapping

from azureml.core.runconfig import RunConfiguration
from azureml.exceptions import UserErrorException
from azureml.pipeline.steps._script import ScriptStep

if TYPE_CHECKING:
    from azureml.pipeline.core.graph import PipelineParameter

__all__ = ["RScriptStep"]


class RScriptStep(ScriptStep):
    """A script of R, run by the ``Rscript`` of its environment; see :class:`PythonScriptStep` for the other words.

    ``custom_docker_image`` is the image of the environment; ``use_gpu`` changes nothing, as a step sees the GPUs there
    are. Packages are not installed on the way: UserErrorException for ``cran_packages`` and its like.
    """

    def __init__(
        self,
        script_name: str,
        name: str | None = None,
        arguments: list[Any] | None = None,
        compute_target: Any = None,
        runconfig: RunConfiguration | None = None,
        runconfig_pipeline_params: Mapping[str, PipelineParameter] | None = None,
        inputs: Iterable[Any] | None = None,
        outputs: Iterable[Any] | None = None,
        params: Mapping[str, Any] | None = None,
        source_directory: str | None = None,
        use_gpu: bool = False,
        custom_docker_image: str | None = None,
        cran_packages: Iterable[Any] | None = None,
        github_packages: Iterable[Any] | None = None,
        custom_url_packages: Iterable[str] | None = None,
        allow_reuse: bool = True,
        version: str | None = None,
    ) -> None:
        packages = {
            "cran_packages": cran_packages,
            "github_packages": github_packages,
            "custom_url_packages": custom_url_packages,
        }
        for word, listed in packages.items():
            if listed:
                raise UserErrorException(
                    f"{word} are not installed when a step runs. Take an environment whose image has them.",
                    target=word,
                )
        settings = copy.copy(runconfig) if runconfig is not None else RunConfiguration()
        settings.framework = "R"
        if custom_docker_image:
            settings.environment = settings.environment.clone(f"{settings.environment.name}-r")
            settings.environment.docker.base_image = custom_docker_image
            settings.environment.python.user_managed_dependencies = True
        super().__init__(
            name or script_name,
            script=script_name,
            arguments=arguments,
            compute_target=compute_target,
            runconfig=settings,
            runconfig_pipeline_params=runconfig_pipeline_params,
            inputs=inputs,
            outputs=outputs,
            params=params,
            source_directory=source_directory,
            allow_reuse=allow_reuse,
            version=version,
        )
