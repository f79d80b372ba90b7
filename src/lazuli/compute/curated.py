"""The environments and images that Azure ML has ready, as what a virtual environment needs to stand in for them.

A curated environment is a *family* (``sklearn``, ``pytorch``, …) with the version its name tells: ``sklearn-1.5``,
``AzureML-sklearn-1.0-ubuntu20.04-py38-cpu``, ``mcr.microsoft.com/azureml/curated/sklearn-1.5:12``. Every family brings
``mlflow-skinny`` and our own package ``azureml``, so that these imports work as they do there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["NAMES", "Base", "Gallery", "image_of", "of_image", "of_name"]


@dataclass(frozen=True)
class Base:
    """What stands in for an image: a Python version (empty: any), packages, and what the machine must have."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_LISTED = {
    "minimal": "Python and MLflow's tracking client.",
    "minimal-py311-inference": "Python 3.11 for a scoring script that brings its own packages.",
    "minimal-py312-inference": "Python 3.12 for a scoring script that brings its own packages.",
    "sklearn-1.5": "scikit-learn 1.5 with pandas and scipy.",
    "lightgbm-3.3": "scikit-learn, LightGBM 3.3 and XGBoost.",
    "acpt-pytorch-2.2-cuda12.1": "PyTorch 2.2.",
    "tensorflow-2.16-cuda12": "TensorFlow 2.16.",
    "mlflow-py312-inference": "Python 3.12 and MLflow, for models that MLflow saved.",
    "r-minimal": "The R of this machine, and Python beside it.",
}
NAMES = tuple(_LISTED)
"""The curated environments that lists show. Others of the same families are understood too."""
FAMILIES = (
    *("sklearn", "lightgbm", "xgboost", "automl", "pytorch", "tensorflow", "chainer", "dask", "onnxruntime"),
    *("mlflow", "tutorial", "minimal", "r"),
)
"""The families, each by the word that Azure's names have for it."""

_COMMON = ('azureml-core; python_version >= "3.8"', "mlflow-skinny", "psutil")
_LEARNING = ("joblib", "matplotlib", "numpy", "pandas", "scipy", 'skops; python_version >= "3.10"')
"""skops is how the MLflow of such Pythons saves a model of scikit-learn, but it does not bring that itself."""
_PANDAS_1 = ('numpy<1.24; python_version < "3.12"', 'pandas<2; python_version < "3.12"')
"""On later Pythons there are no wheels of it: there it is the newest."""


@dataclass(frozen=True)
class _Family:
    packages: tuple[str, ...]
    """``{}`` is where the version that the name tells goes: ``==1.5.*``, or nothing."""
    numpy_2_since: tuple[int, ...] = ()
    """The version from which on the family works with numpy 2. Older wheels do not say that they cannot."""
    pythons: tuple[tuple[tuple[int, ...], str], ...] = ()
    """Up to (not with) which version of the family which Pythons have wheels of it, where a name tells none."""
    needs: tuple[str, ...] = ()
    pandas_2_since: tuple[int, ...] = ()
    """The version from which on Azure's image has pandas 2. Scripts for earlier ones call what that took away."""

    def requirements(self, version: str) -> tuple[str, ...]:
        pin = f"=={version}.*" if version else ""
        told = tuple(map(int, version.split("."))) if version else ()
        packages = [package.format(pin) for package in (*_COMMON, *self.packages)]
        if told and told < self.numpy_2_since:
            packages.append("numpy<2")
        if told and told < self.pandas_2_since:
            packages += _PANDAS_1
        return tuple(sorted(packages))

    def python(self, version: str) -> str:
        """The Pythons that a version of the family can run on; '' for any."""
        parts = tuple(map(int, version.split("."))) if version else ()
        return next((range for before, range in self.pythons if parts and parts < before), "")


_BOOSTED = ("scikit-learn<1.6", *_LEARNING)
_SKLEARN = (((0, 23), "<3.8"), ((1, 0), "<3.10"), ((1, 2), "<3.11"), ((1, 3), "<3.12"), ((1, 5), "<3.13"))
_LIGHTGBM = (((4, 4), "<3.13"),)
_TORCH = (((1, 11), "<3.10"), ((2, 0), "<3.11"), ((2, 2), "<3.12"), ((2, 5), "<3.13"))
_TENSORFLOW = (((2, 8), "<3.10"), ((2, 12), "<3.11"), ((2, 16), "<3.12"), ((2, 20), "<3.13"))
_ONNXRUNTIME = (((1, 8), "<3.9"), ((1, 12), "<3.10"), ((1, 15), "<3.11"), ((1, 17), "<3.12"), ((1, 20), "<3.13"))
_FAMILIES: tuple[tuple[str, _Family], ...] = (
    (r"scikit-?learn|sklearn", _Family(("scikit-learn{}", *_LEARNING), (1, 4), _SKLEARN, pandas_2_since=(1, 6))),
    (r"lightgbm", _Family(("lightgbm{}", "xgboost-cpu", *_BOOSTED), (4, 4), _LIGHTGBM, pandas_2_since=(4, 4))),
    (r"xgboost", _Family(("xgboost-cpu{}", "lightgbm", *_BOOSTED), (2, 1), (((2, 1), "<3.13"),))),
    (r"(?:ai-ml-)?automl", _Family(("lightgbm", "xgboost-cpu", *_BOOSTED))),
    (r"(?:acpt-|acft-)?pytorch|torch", _Family(("torch{}", "numpy", "pandas", "tqdm"), (2, 3), _TORCH)),
    (r"tensorflow", _Family(("tensorflow{}", "numpy", "pandas"), (), _TENSORFLOW)),
    (r"mlflow", _Family(("mlflow{}", "pandas", "scikit-learn"))),
    (r"chainer", _Family(("chainer{}", "numpy<1.24", "setuptools<60"), (), (((8,), "<3.9"),))),
    (r"dask", _Family(("dask[complete]{}", *_LEARNING))),
    (r"onnxruntime", _Family(("onnxruntime{}", "numpy"), (1, 19), _ONNXRUNTIME)),
    (r"tutorial", _Family(("scikit-learn{}", *_LEARNING))),
    (r"minimal|python", _Family(())),
    (r"r-minimal|r", _Family((), needs=("Rscript",))),
)
"""What each family's name looks like. scikit-learn 1.6 took away what older boosting libraries call."""


def of_name(name: str) -> Base | None:
    """What stands in for the curated environment ``name``; ``None`` if it is of no known family."""
    name = name.lower()
    for pattern, family in _FAMILIES:
        match = re.fullmatch(rf"(?:azureml-)?(?P<word>{pattern})(?:-(?P<version>\d+(?:\.\d+)*))?(?P<rest>-.*)?", name)
        if match is not None:
            version = match["version"] or ""
            python = _with_sdk(_python_in(match["rest"] or "")) or family.python(version)
            return Base(python, family.requirements(version), family.needs)
    return None


def image_of(name: str, version: str = "latest") -> str:
    """The image that the curated environment ``name`` is shown with; :func:`of_image` understands it."""
    return f"mcr.microsoft.com/azureml/curated/{name.lower().removeprefix('azureml-')}:{version}"


class Gallery:
    """The curated environments as documents: every workspace has them, and nobody made them."""

    prefix = "AzureML-"
    latest = "1"

    def __iter__(self) -> Iterator[str]:
        """The names that lists show."""
        return (f"{self.prefix}{name}" for name in NAMES)

    def find(self, name: str, version: str) -> tuple[str, Mapping[str, Any]] | None:
        """The full name of an environment and what it says, whichever version of it is asked for; None without one.

        A name without the prefix must tell a version too: ``sklearn-env`` is more likely to be somebody's own.
        """
        short = name.lower().removeprefix(self.prefix.lower())
        by_prefix = len(short) < len(name)
        if of_name(short) is None or not (by_prefix or short in _LISTED or re.search(r"-\d+\.\d", short)):
            return None
        full = f"{self.prefix}{short}" if short in _LISTED else f"{self.prefix}{name[-len(short) :]}"
        described = {"description": _LISTED[short]} if short in _LISTED else {}
        return full, {"image": image_of(short, version), **described}

    def unknown(self, name: str, target: str) -> InvalidInput:
        """The problem that no curated environment is called ``name``, with the nearest and all families."""
        near = did_you_mean(name, list(self))
        near = f"{near} " if near.startswith("Did you mean") else ""
        return InvalidInput(
            f"'{name}' is none of the curated environments.",
            target=target,
            mend=f"{near}They are of these families: {', '.join(FAMILIES)}; for example {next(iter(self))}.",
            code="ReferenceNotFound",
        )


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


def _with_sdk(python: str) -> str:
    """The Python, where the package ``azureml`` runs on it. Older ones have ended: then the family names one."""
    return python if python and tuple(map(int, python.split("."))) >= (3, 8) else ""


def _leading_version(tag: str) -> str:
    """The version a tag begins with: ``3.10-slim`` is 3.10, ``latest`` none."""
    match = re.match(r"\d+(\.\d+)*", tag)
    return match[0] if match else ""


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _r_image(match: re.Match[str], tag: str) -> Base:
    return Base(needs=("Rscript",))


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
