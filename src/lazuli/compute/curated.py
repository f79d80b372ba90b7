"""The environments and images that Azure ML has ready, as what a virtual environment needs to stand in for them.

A curated environment is a *family* (``sklearn``, ``pytorch``, …) with the version its name tells: ``sklearn-1.5``,
``AzureML-sklearn-1.0-ubuntu20.04-py38-cpu``, ``mcr.microsoft.com/azureml/curated/sklearn-1.5:12``. Every family brings
``mlflow-skinny``, so that ``import mlflow`` works as it does there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from lazuli.schema.problems import Unsupported

__all__ = ["NAMES", "Base", "image_of", "of_image", "of_name"]


@dataclass(frozen=True)
class Base:
    """What stands in for an image: a Python version (empty: any) and the packages it comes with."""

    python: str = ""
    requirements: tuple[str, ...] = ()


NAMES = (
    "minimal",
    "minimal-py311-inference",
    "minimal-py312-inference",
    "sklearn-1.5",
    "lightgbm-3.3",
    "acpt-pytorch-2.2-cuda12.1",
    "tensorflow-2.16-cuda12",
    "r-minimal",
)
"""The curated environments that lists show. Others of the same families are understood too."""

_COMMON = ("mlflow-skinny", "psutil")
_NUMBERS = ("joblib", "numpy", "pandas", "scipy")


@dataclass(frozen=True)
class _Family:
    packages: tuple[str, ...]
    """``{}`` is where the version that the name tells goes: ``==1.5.*``, or nothing."""
    numpy_2_since: tuple[int, ...] = ()
    """The version from which on the family works with numpy 2. Older wheels do not say that they cannot."""

    def requirements(self, version: str) -> tuple[str, ...]:
        pin = f"=={version}.*" if version else ""
        old = version and tuple(map(int, version.split("."))) < self.numpy_2_since
        packages = {package.format(pin) for package in (*_COMMON, *self.packages)}
        return tuple(sorted(packages | {"numpy<2"} if old else packages))


_BOOSTED = ("matplotlib", "scikit-learn<1.6", *_NUMBERS)
_FAMILIES: tuple[tuple[str, _Family], ...] = (
    (r"scikit-?learn|sklearn", _Family(("scikit-learn{}", "matplotlib", *_NUMBERS), (1, 4))),
    (r"lightgbm", _Family(("lightgbm{}", "xgboost-cpu", *_BOOSTED), (4, 4))),
    (r"xgboost", _Family(("xgboost-cpu{}", "lightgbm", *_BOOSTED), (2, 1))),
    (r"(?:ai-ml-)?automl", _Family(("lightgbm", "xgboost-cpu", *_BOOSTED))),
    (r"(?:acpt-|acft-)?pytorch|torch", _Family(("torch{}", "numpy", "pandas", "tqdm"), (2, 3))),
    (r"tensorflow", _Family(("tensorflow{}", "numpy", "pandas"))),
    (r"mlflow", _Family(("mlflow{}", "pandas", "scikit-learn"))),
    (r"minimal|tutorial|python", _Family(())),
    (r"r-minimal|r", _Family(())),
)
"""What each family's name looks like. scikit-learn 1.6 took away what older boosting libraries call."""


def of_name(name: str) -> Base | None:
    """What stands in for the curated environment ``name``; ``None`` if it is of no known family.

    Raises :class:`Unsupported` for R where ``Rscript`` is not installed.
    """
    name = name.lower()
    for pattern, family in _FAMILIES:
        match = re.fullmatch(rf"(?:azureml-)?(?P<word>{pattern})(?:-(?P<version>\d+(?:\.\d+)*))?(?P<rest>-.*)?", name)
        if match is not None:
            if match["word"].startswith("r"):
                _need_r(name)
            return Base(_python_in(match["rest"] or ""), family.requirements(match["version"] or ""))
    return None


def image_of(name: str) -> str:
    """The image that the curated environment ``name`` is shown with; :func:`of_image` understands it."""
    return f"mcr.microsoft.com/azureml/curated/{name.lower().removeprefix('azureml-')}:latest"


def of_image(image: str) -> Base | None:
    """What stands in for the container image ``image``; ``None`` if it is not known."""
    name, tag = _split(image)
    for pattern, base in _IMAGES:
        match = re.fullmatch(pattern, name)
        if match is not None:
            return base(match, tag)
    return None


def _split(image: str) -> tuple[str, str]:
    """Name and tag, without a digest and without what Docker adds by itself."""
    name = image.strip().lower().partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    repository, _, tag = name.rpartition(":")
    return (repository, tag) if repository and "/" not in tag else (name, "")


def _python_in(text: str) -> str:
    """``py38`` in a name is 3.8, ``py310`` is 3.10."""
    match = re.search(r"(?:^|[-_.])py(?:thon)?(\d)\.?(\d+)(?:[-_.]|$)", text)
    return f"{match[1]}.{match[2]}" if match else ""


def _leading_version(tag: str) -> str:
    """The version a tag begins with: ``3.10-slim`` is 3.10, ``latest`` none."""
    match = re.match(r"\d+(\.\d+)*", tag)
    return match[0] if match else ""


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _need_r(what: str) -> None:
    if shutil.which("Rscript") is None:
        raise Unsupported(
            f"'{what}' needs R, and there is no Rscript on this machine.",
            target="image",
            mend="Install R (on Debian: apt-get install r-base-core) and submit again.",
        )


def _r_image(match: re.Match[str], tag: str) -> Base:
    _need_r(match[0])
    return Base(requirements=tuple(sorted(_COMMON)))


def _family_image(word: str) -> Callable[[re.Match[str], str], Base | None]:
    def base(_: re.Match[str], tag: str) -> Base | None:
        version = _minor(_leading_version(tag))
        return of_name(f"{word}-{version}" if version else word)

    return base


_IMAGES: tuple[tuple[str, Callable[[re.Match[str], str], Base | None]], ...] = (
    (r"(?:public\.ecr\.aws/docker/library/)?python", lambda _, tag: Base(_leading_version(tag))),
    (r"mcr\.microsoft\.com/azureml/curated/(.+)", lambda match, _: of_name(match[1])),
    (r"mcr\.microsoft\.com/azureml/(minimal-.*inference)", lambda match, _: of_name(match[1])),
    (r"mcr\.microsoft\.com/azureml/(?:base|base-gpu|intelmpi.*|openmpi.*|o16n-base/.*)", lambda *_: Base()),
    (r"(?:continuumio|conda-forge|condaforge|mambaorg)/(?:ana|mini|micro)\w+", lambda *_: Base()),
    (r"(?:mcr\.microsoft\.com/(?:mirror/docker/library/|devcontainers/base/)?)?(?:ubuntu|debian|buildpack-deps)",
     lambda *_: Base()),
    (r"pytorch/pytorch", _family_image("pytorch")),
    (r"tensorflow/tensorflow", _family_image("tensorflow")),
    (r"(?:r-base|rocker/.+)", _r_image),
)  # fmt: skip
"""Well-known images. Bare systems and conda bases bring no Python of their own that a user could have asked for."""
