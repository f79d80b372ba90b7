"""The sections of an environment: its Python, its image, and what else is written down in it."""

from __future__ import annotations

from typing import Any, Mapping

from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.container_registry import ContainerRegistry
from azureml.exceptions import UserErrorException

DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
"""A bare system: no container is needed for it."""
DEFAULT_GPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-cuda11.8-cudnn8-ubuntu22.04"


class PythonSection:
    """Which Python, and its packages."""

    def __init__(self, **kwargs: Any) -> None:
        self.interpreter_path = "python"
        self.user_managed_dependencies = False
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.base_conda_environment: str | None = None
        take(self, kwargs)


class DockerSection:
    """The image. ``enabled`` and what containers are told change nothing: known images need no container."""

    def __init__(self, **kwargs: Any) -> None:
        self.enabled = False
        self.base_image: str | None = DEFAULT_CPU_IMAGE
        self.base_dockerfile: str | None = None
        self.base_image_registry = ContainerRegistry()
        self.build_context: Any = None
        self.platform: Any = None
        self.shared_volumes = True
        self.shm_size: str | None = None
        self.gpu_support = False
        self.arguments: list[str] = []
        take(self, kwargs)

    def _full_image(self) -> str:
        """The image with the address of its registry."""
        image, address = self.base_image or DEFAULT_CPU_IMAGE, (self.base_image_registry.address or "").strip("/")
        return image if not address or image.startswith(f"{address}/") else f"{address}/{image}"


class SparkPackage:
    """A package of Spark. Kept as said."""

    def __init__(self, group: str | None = None, artifact: str | None = None, version: str | None = None) -> None:
        self.group = group
        self.artifact = artifact
        self.version = version


class SparkSection:
    """Settings of Spark. Kept as said: there is no Spark here."""

    def __init__(self, **kwargs: Any) -> None:
        self.repositories: list[str] = []
        self.packages: list[SparkPackage] = []
        self.precache_packages = True
        take(self, kwargs)

    def _to_dict(self) -> dict[str, Any]:
        packages = [dict(vars(each)) for each in self.packages]
        return {
            "precachePackages": self.precache_packages,
            "repositories": list(self.repositories),
            "packages": packages,
        }

    @staticmethod
    def _from_dict(said: Mapping[str, Any]) -> SparkSection:
        made = SparkSection()
        made.precache_packages = said.get("precachePackages", True)
        made.repositories = list(said.get("repositories") or ())
        made.packages = [SparkPackage(**each) for each in said.get("packages") or ()]
        return made


class RCranPackage:
    """A package of R, by its name on CRAN. ``version`` and ``repository`` are kept as said: the newest is installed."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.version: str | None = None
        self.repository: str | None = None


class RSection:
    """An R with packages of CRAN, in the place of an image: that of the machine, or a container's.

    ``r_version``, ``rscript_path`` and ``snapshot_date`` are kept as said. Packages from elsewhere are refused.
    """

    def __init__(self) -> None:
        self.r_version: str | None = None
        self.user_managed = False
        self.rscript_path: str | None = None
        self.snapshot_date: str | None = None
        self.cran_packages: list[RCranPackage] = []
        self.github_packages: list[Any] = []
        self.custom_url_packages: list[Any] = []
        self.bioconductor_packages: list[Any] = []

    def _dockerfile(self) -> str:
        """What brings it about, as a Dockerfile."""
        if self.github_packages or self.custom_url_packages or self.bioconductor_packages:
            raise UserErrorException("Of R's packages, CRAN's alone are installed: list others in a Dockerfile.")
        names = ", ".join(f"'{each.name}'" for each in self.cran_packages)
        return "\n".join(["FROM r-base", *([f'RUN R -e "install.packages(c({names}))"'] if names else [])])


def take(section: Any, said: dict[str, Any]) -> None:
    """Set what is said, where there is such a thing; a private word is left alone."""
    for word, value in said.items():
        if word.startswith("_"):
            continue
        if not hasattr(section, word):
            raise TypeError(f"{type(section).__name__}() got an unexpected keyword argument '{word}'")
        setattr(section, word, value)
