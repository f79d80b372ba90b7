"""Environments as plain values, in the words of the files that v1 writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from azureml._lazuli import words
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.core.environment_sections import DockerSection, RCranPackage, RSection, SparkPackage

if TYPE_CHECKING:
    from azureml.core.environment import Environment

_SECRET = "password"
_OF_DOCKER = ("base_image_registry", "build_context", "platform")
_OF_PYTHON = ("conda_dependencies", "conda_dependencies_file")


def written(environment: Environment) -> dict[str, Any]:
    """All that an environment says, but for the password of its registry."""
    conda = environment._conda()
    docker, spark, r = environment.docker, environment.spark, environment.r
    return {
        "name": environment.name,
        "version": environment.version,
        "environmentVariables": dict(environment.environment_variables),
        "python": {
            **words.said(environment.python, *_OF_PYTHON),
            "condaDependencies": conda.as_dict() if conda is not None else None,
        },
        "docker": {
            **words.said(docker, *_OF_DOCKER),
            "arguments": list(docker.arguments),
            "baseImageRegistry": words.said(docker.base_image_registry, _SECRET),
        },
        "spark": {**words.said(spark), "packages": [words.said(each) for each in spark.packages]},
        "r": {**words.said(r), "cranPackages": [words.said(each) for each in r.cran_packages]} if r else None,
        "inferencingStackVersion": environment.inferencing_stack_version,
    }


def read(made: Environment, said: Mapping[str, Any]) -> Environment:
    """The environment with what :func:`written` told; words of other versions are left alone."""
    made.version = said.get("version")
    made.environment_variables = dict(said.get("environmentVariables") or {})
    made.inferencing_stack_version = said.get("inferencingStackVersion")
    python, spark, r = (said.get(word) or {} for word in ("python", "spark", "r"))
    words.taken(made.python, python, *_OF_PYTHON)
    conda = python.get("condaDependencies")
    made.python.conda_dependencies = CondaDependencies(_underlying_structure=conda) if conda else None
    made.python.conda_dependencies_file = python.get("condaDependenciesFile")
    _read_docker(made.docker, said.get("docker") or {})
    words.taken(made.spark, spark, "packages")
    made.spark.packages = [words.taken(SparkPackage(), each) for each in spark.get("packages") or ()]
    if r:
        made.r = words.taken(RSection(), r, "cran_packages")
        made.r.cran_packages = [words.taken(RCranPackage(), each) for each in r.get("cranPackages") or ()]
    return made


def _read_docker(docker: DockerSection, said: Mapping[str, Any]) -> None:
    words.taken(docker, said, *_OF_DOCKER)
    if said.get("baseDockerfile"):
        docker.base_image = said.get("baseImage")
    docker.base_image_registry = words.taken(ContainerRegistry(), said.get("baseImageRegistry"))
