"""Container images for tests, made of what this machine has: no registry is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lazuli.compute.images.layers import Image, write_archive, write_layout
from lazuli.compute.images.roots import own_python, python_entries, system_entries
from lazuli.runtime.build import container_flags

PYTHON = f"localhost/lazuli-tests/python:{os.getpid()}"
_LABEL = "lazuli.tests"
_made: set[str] = set()


def podman(*arguments: str) -> str:
    """What podman says."""
    flags, run = container_flags("podman")
    verb, *rest = arguments
    own = run if verb == "run" else ()
    done = subprocess.run(["podman", *flags, verb, *own, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def python_image(folder: Path) -> str:
    """The name of an image with this Python, once podman has it."""
    entries = {**system_entries(), **python_entries(*own_python())}
    path = f"PATH={sys.base_prefix}/bin:/usr/bin"
    said = {"Env": [path], "Cmd": ["python"], "Labels": {_LABEL: str(os.getpid())}}
    loaded(Image(PYTHON, (("root", entries),), said), folder)
    _made.add(PYTHON)
    return PYTHON


def loaded(image: Image, folder: Path) -> None:
    """Have podman take an image, by way of a folder for its files."""
    write_layout(image, folder / "layout")
    write_archive(folder / "layout", folder / "image.tar")
    shutil.rmtree(folder / "layout")
    podman("load", "--quiet", "--input", str(folder / "image.tar"))


def forget_images() -> None:
    """Remove the image with a Python that this process made, all that was built on it, and what still runs there."""
    if PYTHON not in _made:
        return
    label = f"--filter=label={_LABEL}={os.getpid()}"
    if running := podman("ps", "--all", "--quiet", label).split():
        podman("rm", "--force", "--ignore", "--time=0", *running)
    podman("rmi", "--force", *dict.fromkeys(podman("images", "--all", "--quiet", label).split()))
