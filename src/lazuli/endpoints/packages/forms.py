"""The forms of a package: a folder for ``docker build``, or an image as files."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

from lazuli.compute import sdk
from lazuli.compute.images.layers import Base, Entry, Image, write_archive, write_layout
from lazuli.compute.images.roots import bytecode, libraries, placed, python_entries, system_entries
from lazuli.endpoints.packages.contents import PORT, Contents, Environ
from lazuli.schema.problems import InvalidInput

__all__ = ["context_entries", "write_context", "write_image"]

_VENV = "opt/lazuli/venv"
_LABEL = "org.opencontainers.image"
_PIP_WHEELS = ("lib/python{version}/ensurepip/_bundled", "share/python-wheels")


def write_context(contents: Contents, folder: Path) -> None:
    """Write a folder from which podman or docker builds the image. Raises :class:`InvalidInput` for one in use."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"'{folder}' is not empty.", target="--path", mend="Name a folder that is not there yet.")
    for path, entry in context_entries(contents).items():
        target = folder / path
        (target if entry.is_folder else target.parent).mkdir(parents=True, exist_ok=True)
        if entry.source is not None:
            shutil.copyfile(entry.source, target)
        elif entry.content is not None:
            target.write_bytes(entry.content)


def context_entries(contents: Contents) -> dict[str, Entry]:
    """What lies in a folder from which podman or docker builds the image, by its path there."""
    wheels = {f"wheels/{file.name}": Entry(file) for file in sdk.wheels_of(contents.environ.lock)}
    lock = "".join(f"{line}\n" for line in contents.environ.lock)
    return {
        **{f"root/{path}": entry for path, entry in contents.files.items()},
        **wheels,
        "requirements.txt": Entry(content=lock.encode()),
        "Dockerfile": Entry(content=_dockerfile(contents, has_wheels=bool(wheels)).encode()),
    }


def write_image(contents: Contents, image: str, file: Path, base: Base | None = None) -> None:
    """Write an image: an archive where the name ends in ``.tar``, else an OCI layout in a folder."""
    environ = contents.environ
    ground = python_entries(environ.prefix, environ.version)
    packages = _environment(environ)
    ground |= libraries(entry.source for entry in packages.values())
    if base is None:
        ground = {**ground, **system_entries()}
    parts = (("Python", _without(ground, packages)), ("packages", packages), ("model and server", contents.files))
    layers = tuple((what, {**entries, **bytecode(entries, environ.version)}) for what, entries in parts)
    variables = {"PATH": f"/{_VENV}/bin:/usr/local/bin:/usr/bin:/bin", **contents.variables}
    config = {
        "Env": [f"{name}={value}" for name, value in variables.items()],
        "Cmd": list(contents.command),
        "Entrypoint": None,
        "ExposedPorts": {f"{PORT}/tcp": {}},
        "WorkingDir": "/",
        "Labels": {f"{_LABEL}.title": contents.name, f"{_LABEL}.version": contents.version},
    }
    made = Image(image, layers, config, base or Base())
    if file.suffix != ".tar":
        if file.exists() and (not file.is_dir() or any(file.iterdir())):
            raise InvalidInput(f"'{file}' is not empty.", target="--path", mend="Name what is not there yet.")
        write_layout(made, file)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    layout = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        write_layout(made, layout)
        write_archive(layout, file)
    finally:
        shutil.rmtree(layout, ignore_errors=True)


def _environment(environ: Environ) -> dict[str, Entry]:
    """A virtual environment with the packages, and with pip where this machine has it: for whoever builds on it."""
    site = f"{_VENV}/lib/python{environ.version}/site-packages"
    program = f"/{placed(environ.prefix / 'bin')}/python{environ.version}"
    settings = f"home = {Path(program).parent}\ninclude-system-site-packages = false\n"
    return {
        **{f"{site}/{path}": entry for path, entry in {**_pip(environ), **environ.packages}.items()},
        f"{_VENV}/pyvenv.cfg": Entry(content=settings.encode()),
        f"{_VENV}/bin/python": Entry(link=program),
        f"{_VENV}/bin/python3": Entry(link="python"),
    }


def _pip(environ: Environ) -> dict[str, Entry]:
    for place in _PIP_WHEELS:
        for wheel in sorted((environ.prefix / place.format(version=environ.version)).glob("pip-*.whl")):
            with ZipFile(wheel) as archive:
                return {name: Entry(content=archive.read(name)) for name in archive.namelist() if name[-1] != "/"}
    return {}


def _without(entries: Mapping[str, Entry], others: Mapping[str, Entry]) -> dict[str, Entry]:
    """What is not there already: a package may bring libraries of its own."""
    sources = {entry.source for entry in others.values() if entry.source}
    return {path: entry for path, entry in entries.items() if entry.source is None or entry.source not in sources}


def _dockerfile(contents: Contents, *, has_wheels: bool) -> str:
    variables = "".join(f"ENV {name}={_quoted(value, name)}\n" for name, value in contents.variables.items())
    return (
        f"FROM docker.io/library/python:{contents.environ.version}-slim\n"
        "COPY requirements.txt /opt/lazuli/requirements.txt\n"
        f"{'COPY wheels/ /opt/lazuli/wheels/' + chr(10) if has_wheels else ''}"
        f"RUN pip install --no-cache-dir {'--find-links=/opt/lazuli/wheels ' if has_wheels else ''}"
        "-r /opt/lazuli/requirements.txt\n"
        "COPY root/ /\n"
        f"{variables}"
        f"EXPOSE {PORT}\n"
        f"CMD {json.dumps(list(contents.command))}\n"
    )


def _quoted(value: str, name: str) -> str:
    """A value as a Dockerfile says it: nothing is filled in. Raises :class:`InvalidInput` for several lines."""
    if not re.fullmatch(r"[\w.-]+", name) or len(f"{value}.".splitlines()) > 1:
        raise InvalidInput(
            f"The variable '{name[:80]}' cannot stand in a Dockerfile.",
            target="environment_variables",
            mend="Use one line, and a name of letters, digits, '_', '.' and '-'; or write an image, with --format oci.",
        )
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'
