"""Build one environment: ``python -I -S build.py SPEC``, run as a plan like any job.

SPEC is a JSON file: ``uv`` (program), ``home`` (folder of the environment), ``python``, ``requirements``, ``options``
and ``server_python`` (the folder of the server's own interpreter). The environment is ready once ``ready.json`` lies
in its home, put there by rename as the very last act: one that is half built can never be taken for ready.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
import sys


class BuildFailed(Exception):
    """The message is for the user, who has already seen what uv said."""


def main(spec_file: str) -> None:
    """Build what the file says; everything uv tells goes to stdout. A build that fails leaves nothing."""
    with open(spec_file, encoding="utf-8") as file:
        spec = json.load(file)
    home = spec["home"]
    os.makedirs(home, exist_ok=True)
    os.chdir(home)  # so that uv's messages name 'venv' and not where it lies
    try:
        build(spec)
    except BuildFailed:
        shutil.rmtree(home, ignore_errors=True)
        raise
    publish(home)


def build(spec: dict) -> None:
    """Make the environment in the current folder."""
    shutil.rmtree("venv", ignore_errors=True)
    environment = os.environ | {"PATH": search_path(spec["server_python"]), "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}

    def uv(*arguments: str, output: int | None = None) -> bool:
        return not subprocess.run([spec["uv"], *arguments], env=environment, stdout=output, check=False).returncode

    if not uv("venv", "--no-project", "--python", spec["python"], "venv"):
        present = ", ".join(interpreters(environment["PATH"])) or "none"
        raise BuildFailed(
            f"Python {spec['python']} is neither on this machine nor could it be fetched; here are: {present}. "
            "Install it, or ask for another version in the environment."
        )
    if spec["requirements"]:
        with open("requirements.txt", "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in spec["requirements"])
        arguments = ["--python", "venv", "--compile-bytecode", "--requirement", "requirements.txt", *spec["options"]]
        if not uv("pip", "install", *arguments):
            raise BuildFailed("The packages of the environment could not be installed; the lines above say why.")
    with open("requirements.lock.txt", "w", encoding="utf-8") as lock:
        if not uv("pip", "freeze", "--quiet", "--python", "venv", output=lock.fileno()):
            raise BuildFailed("What was installed could not be listed; the lines above say why.")


def publish(home: str) -> None:
    """Say that the environment is ready, for good."""
    with open("venv/pyvenv.cfg", encoding="utf-8") as file:
        version = re.search(r"^version_info = (\S+)", file.read(), re.MULTILINE)
    with open("ready.json.part", "w", encoding="utf-8") as file:
        json.dump({"python_version": version[1] if version else ""}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace("ready.json.part", os.path.join(home, "ready.json"))


def search_path(server_python: str) -> str:
    """Where interpreters are looked for: the server's own, then pyenv's, then the PATH without pyenv's shims.

    A shim answers for every version and fails for those that are not switched on.
    """
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    shims = os.path.join(pyenv, "shims")
    rest = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != shims]
    return os.pathsep.join([server_python, *sorted(glob.glob(f"{glob.escape(pyenv)}/versions/*/bin")), *rest])


def interpreters(path: str) -> list[str]:
    """The Python versions found by name in the folders of ``path``, oldest first."""
    found: set[tuple[int, int]] = set()
    for folder in path.split(os.pathsep):
        for file in glob.glob(os.path.join(glob.escape(folder), "python3.*")):
            match = re.fullmatch(r"python(\d+)\.(\d+)", os.path.basename(file))
            if match:
                found.add((int(match[1]), int(match[2])))
    return [f"{major}.{minor}" for major, minor in sorted(found)]


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BuildFailed as failure:
        sys.exit(str(failure))
