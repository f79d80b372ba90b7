"""The environment of a package, built on this machine as a server would build it, without one."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

from lazuli.compute.engines.local import LocalEngine
from lazuli.compute.environments import Environments, Realised, State, recipe_of
from lazuli.compute.images.roots import folder_entries
from lazuli.endpoints.packages.contents import Environ
from lazuli.resources.environment import Environment
from lazuli.schema.problems import InvalidInput, Unsupported
from lazuli.store.settings import Settings

__all__ = ["built_environ", "environ_of", "realised", "version_of"]

_PAUSE_S = 0.05


def realised(said: Environment, settings: Settings) -> tuple[Realised, list[str]]:
    """An environment, once it is built below ``local`` of the data folder, and what was installed.

    Raises :class:`InvalidInput` where it cannot be built.
    """
    recipe = recipe_of(said.image, said.conda_file)
    engine = LocalEngine(settings.data_dir / "local" / "builds")
    environments = Environments(settings.data_dir / "local" / "environments", engine, sources=settings.package_sources)
    found = environments.retry(recipe)
    while found.state is State.BUILDING:
        time.sleep(_PAUSE_S)
        found = environments.realise(recipe)
    environments.close()
    if found.state is State.FAILED:
        raise InvalidInput(f"The environment could not be built. {found.message}".strip(), target="environment")
    return found, environments.lock_of(recipe).splitlines()


def built_environ(said: Environment, settings: Settings) -> Environ:
    """What an environment puts into a package. Raises :class:`Unsupported` where that is more than packages."""
    if said.build:
        raise _more("Its Dockerfile may do more than install Python packages.")
    found, lock = realised(said, settings)
    if found.container is not None:
        raise _more("It is a container image already.")
    return environ_of(found, lock)


def environ_of(found: Realised, lock: list[str]) -> Environ:
    """The interpreter and the packages of a virtual environment."""
    version = ".".join(found.python_version.split(".")[:2])
    if not (found.prefix / "pyvenv.cfg").is_file():
        raise _more("conda made it, and its files hold their own path.")
    home = re.search(r"^home = (.+)$", (found.prefix / "pyvenv.cfg").read_text(encoding="utf-8"), re.MULTILINE)
    assert home is not None
    prefix = (Path(home[1]) / f"python{version}").resolve().parent.parent
    site = found.prefix / "lib" / f"python{version}" / "site-packages"
    packages = {path.removeprefix("/"): entry for path, entry in folder_entries(site, "").items()}
    return Environ(prefix, version, tuple(lock), packages)


def version_of(place: Path) -> str:
    """What a model that has no version is called: by its content."""
    found = hashlib.sha256()
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        if file.is_file():
            found.update(file.name.encode())
            found.update(file.read_bytes())
    return found.hexdigest()[:12]


def _more(why: str) -> Unsupported:
    return Unsupported(
        f"The environment cannot be packaged. {why}",
        target="base_environment_source",
        mend="Use an environment with a conda file whose packages are on PyPI.",
    )
