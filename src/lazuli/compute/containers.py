"""Work in a container: the plan of a job turned into one that runs the same command in an image.

The work folder is mounted under its own path, so that every path in the plan stays true, and the container uses the
machine's network, because jobs talk to the server at 127.0.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.compute.engine import Plan
from lazuli.compute.spawn import WORK_FOLDER

__all__ = ["Container"]

_OF_THE_MACHINE = frozenset({"VIRTUAL_ENV", "PATH", "AZUREML_CONDA_ENVIRONMENT_PATH"})
"""Variables whose paths are not there inside."""
_SHELL = 'exec "$(command -v bash || command -v sh)" -c "$0"'
"""Runs its argument in bash where the image has one."""


@dataclass(frozen=True)
class Container:
    """An image on this machine, and the program that runs it."""

    command: tuple[str, ...]
    """The program with the options that come before its verbs."""
    run: tuple[str, ...]
    """Options of its verb ``run`` that this machine needs."""
    image: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Container:
        """The container that a build told of."""
        return cls(tuple(value["command"]), tuple(value["run"]), value["image"])

    def around(self, plan: Plan, folder: Path, key: str) -> Plan:
        """``plan``, which runs a command line of bash in the work folder ``folder``, inside a container.

        Values of variables are inherited and not written out, so that no secret shows in a list of processes.
        """
        env = {name: value for name, value in plan.env.items() if name not in _OF_THE_MACHINE}
        return replace(
            plan,
            command=(
                *self.command,
                *("run", "--rm", "--network=host", f"--name=lazuli-{key}", *self.run),
                *(f"--volume={folder}:{folder}", f"--workdir={folder / plan.cwd}"),
                *(f"--env={name}" for name in sorted({*env, WORK_FOLDER})),
                *("--entrypoint=sh", self.image, "-c", _SHELL, plan.command[-1]),
            ),
            env=env,
            path=(),
        )
