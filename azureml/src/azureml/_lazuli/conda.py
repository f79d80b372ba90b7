"""The conda of this machine: the one program that this package starts."""

from __future__ import annotations

import shutil
import subprocess

from azureml.exceptions import UserErrorException

_PROGRAMS = ("conda", "mamba", "micromamba")


def exported(name: str) -> str:
    """The conda file of an environment. Raises :class:`UserErrorException` where conda knows none of that name."""
    conda = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if conda is None:
        raise UserErrorException(
            f"There is no conda on the PATH. Where there is, write 'conda env export -n {name} --no-builds > env.yml', "
            "and take Environment.from_conda_specification(name, 'env.yml')."
        )
    command = [conda, "env", "export", "--name", name, "--no-builds"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserErrorException(f"conda cannot export '{name}': {done.stderr.strip()}")
    return done.stdout
