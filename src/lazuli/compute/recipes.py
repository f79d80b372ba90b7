"""Recipes: what an environment is made of, worked out from what a user wrote (image, conda file, Dockerfile).

Nothing is built here. Where there are several ways, the first that can work here is taken: a virtual environment with
packages from PyPI and tools of this machine; conda, for packages that only it has; a container.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lazuli.compute import conda as conda_files
from lazuli.compute import curated, dockerfile, sdk
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.schema.yaml import dump

__all__ = [
    "INTERPRETER",
    "Context",
    "Image",
    "Recipe",
    "check_interpreter",
    "conda_program",
    "container_programs",
    "recipe_of",
]

INTERPRETER = "interpreter:"
"""How an image begins that is a Python of this machine: its absolute path follows."""
_CONDAS = ("micromamba", "mamba", "conda")
_CONTAINERS = ("podman", "docker")
_MAX_TEXT = 1 << 20


@dataclass(frozen=True)
class Context:
    """A folder with a Dockerfile, as files that never change."""

    dockerfile: str
    """The Dockerfile, relative to the folder."""
    files: Mapping[str, Path]
    """Where the content of each file lies."""

    def text(self, name: str) -> str | None:
        """The text of a file of the folder; None where there is none."""
        file = self.files.get(name.removeprefix("./"))
        if file is None or file.stat().st_size > _MAX_TEXT:
            return None
        return file.read_bytes().decode(errors="replace")


@dataclass(frozen=True)
class Image:
    """A container image: by name, or built from the Dockerfile of a context."""

    name: str
    dockerfile: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """The context: each file, and where its content lies."""


@dataclass(frozen=True)
class Recipe:
    """What an environment is made of. Equal recipes give the same environment."""

    python: str
    """``3.10`` (any 3.10.x), ``3.10.13`` (exactly) or a range; empty where only conda or a container will do."""
    requirements: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Arguments for ``uv pip install``."""
    base: str = field(default="", compare=False)
    """Where it comes from, to tell the user: an image, or nothing."""
    needs: tuple[str, ...] = ()
    """What the machine must have: a program (``Rscript``), a package of R (``R:optparse``) or Debian (``deb:git``)."""
    variables: tuple[tuple[str, str], ...] = ()
    """Set for what runs in it."""
    conda: str = ""
    """A conda file that only conda can follow."""
    image: Image | None = None
    """The container to take where the machine lacks what it needs, or cannot have it."""
    interpreter: str = ""
    """A Python of this machine that is used as it is: nothing is built."""

    def __post_init__(self) -> None:
        for name in ("requirements", "needs", "variables"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def hash(self) -> str:
        """The name of what comes out."""
        said = {name: value for name, value in asdict(self).items() if value and name != "base"}
        return hashlib.sha256(json.dumps([2, said], sort_keys=True).encode()).hexdigest()[:24]


def recipe_of(
    image: str | None = None, conda: Mapping[str, Any] | str | None = None, context: Context | None = None
) -> Recipe:
    """The recipe for an environment as the user wrote it; with nothing given, the server's own Python and no packages.

    A conda file stands on its own, as in Azure: packages of the image are not seen from it.
    Raises :class:`Unsupported` (or what a conda file is told) for what cannot be had here, with the mend.
    """
    recipe = _as_written(image, conda, context)
    python, requirements = sdk.renewed(recipe.python, sdk.answered(recipe.requirements))
    return replace(recipe, python=python, requirements=requirements)


def check_interpreter(recipe: Recipe, on: str) -> None:
    """Raise :class:`InvalidInput` where a recipe's interpreter is not there, or not on the compute ``on``."""
    path = recipe.interpreter
    if not path:
        return
    if on != "local":
        raise InvalidInput(
            f"'{INTERPRETER}{path}' is a Python of the server's machine, and the compute is '{on}'.",
            target="environment.image",
            mend="Run the job on 'local', or list its packages in a 'conda_file'.",
        )
    if not (Path(path).is_absolute() and Path(path).parent.name == "bin" and os.access(path, os.X_OK)):
        raise InvalidInput(
            f"'{path}' is no executable Python of the server's machine.",
            target="environment.image",
            mend=f"Name one by its absolute path, such as '{INTERPRETER}/home/me/venv/bin/python'.",
        )


def _as_written(image: str | None, conda: Mapping[str, Any] | str | None, context: Context | None) -> Recipe:
    if image and image.startswith(INTERPRETER):
        return Recipe("", base=image, interpreter=image.removeprefix(INTERPRETER))
    if context is not None:
        return _of_dockerfile(context, conda)
    if conda:
        base = curated.of_image(image) if image else None
        return _of_conda(conda, base or curated.Base(), image or "")
    base = curated.of_image(image) if image else curated.Base()
    if base is not None:
        return _of_base(base, image or "")
    assert image is not None
    return Recipe("", base=image, image=_container(Image(image), f"The image '{image}' cannot run here", _CONDA_HINT))


_CONDA_HINT = (
    "Add a 'conda_file' that lists its Python packages, or use 'python:3.11' or a curated environment: "
    f"{', '.join(curated.NAMES)}."
)


def _of_base(base: curated.Base, image: str) -> Recipe:
    return Recipe(base.python or _own_version(), base.requirements, (), image, base.needs)


def _of_conda(conda: Mapping[str, Any] | str, base: curated.Base, image: str) -> Recipe:
    try:
        spec = conda_files.parse(conda)
    except Unsupported as problem:
        if not any(map(shutil.which, _CONDAS)):
            problem.mend = f"{problem.mend} With micromamba or conda on the PATH it can be had as it stands.".strip()
            raise
        return Recipe("", base=image, conda=conda if isinstance(conda, str) else dump(dict(conda)))
    python = spec.python or base.python or _own_version()
    return Recipe(python, spec.requirements, spec.options, image, base.needs, spec.variables)


def _of_dockerfile(context: Context, conda: Mapping[str, Any] | str | None) -> Recipe:
    text = context.text(context.dockerfile)
    if text is None:
        raise InvalidInput(f"The build context has no '{context.dockerfile}'.", target="environment.build")
    contents = dockerfile.read(text, context.text)
    files = tuple(sorted((name, str(file)) for name, file in context.files.items()))
    built = Image(contents.image, context.dockerfile, files)
    base = curated.of_image(contents.image)
    beyond = [*([f"FROM {contents.image}"] if base is None else []), *contents.beyond]
    if base is None or beyond:
        if conda:
            return _of_conda(conda, curated.Base(), contents.image)
        what = f"Only a container can follow the Dockerfile ({'; '.join(line[:100] for line in beyond[:5])})"
        return Recipe("", base=contents.image, image=_container(built, what, "Use 'image' and 'conda_file' instead."))
    spec = conda_files.parse(conda) if conda else conda_files.CondaSpec()
    return Recipe(
        spec.python or contents.python or base.python or _own_version(),
        (*base.requirements, *contents.requirements, *spec.requirements),
        (*contents.options, *spec.options),
        contents.image,
        (*base.needs, *contents.needs),
        (*contents.variables.items(), *spec.variables),
        image=built if _programs(_CONTAINERS) and (base.needs or contents.needs) else None,
    )


def _container(image: Image, what: str, mend: str) -> Image:
    """``image``, where anything is installed that may run it."""
    if not _programs(_CONTAINERS):
        raise Unsupported(f"{what}, because there is neither podman nor docker.", target="environment.image", mend=mend)
    return image


def _programs(names: tuple[str, ...]) -> list[str]:
    return [path for path in map(shutil.which, names) if path]


def conda_program() -> str:
    """The conda of this machine; '' where there is none."""
    return next(iter(_programs(_CONDAS)), "")


def container_programs() -> list[str]:
    """What may run containers on this machine."""
    return _programs(_CONTAINERS)


def _own_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
