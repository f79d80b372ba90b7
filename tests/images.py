"""Container images for tests, made of what this machine has: no registry is asked."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from lazuli.compute.images.layers import Image, write_archive, write_layout
from lazuli.compute.images.roots import own_python, python_entries, system_entries
from lazuli.runtime.build import container_flags

PYTHON = "localhost/lazuli-tests/python:1"


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
    write_layout(Image(PYTHON, (("root", entries),), {"Env": [path], "Cmd": ["python"]}), folder / "layout")
    write_archive(folder / "layout", folder / "python.tar")
    shutil.rmtree(folder / "layout")
    podman("load", "--quiet", "--input", str(folder / "python.tar"))
    return PYTHON
