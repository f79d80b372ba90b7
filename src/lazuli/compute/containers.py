"""Work in a container: the plan of a job turned into one that runs the same command in an image.

The work folder is mounted under its own path, so that every path in the plan stays true, and the container uses the
machine's network, because jobs talk to the server at 127.0.0.1.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lazuli.compute.engine import Plan
from lazuli.compute.spawn import WORK_FOLDER
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = ["Container", "options_of"]

_OF_THE_MACHINE = frozenset({"VIRTUAL_ENV", "PATH", "AZUREML_CONDA_ENVIRONMENT_PATH"})
"""Variables whose paths are not there inside."""
_FLAGS = frozenset({"--init"})
_LET_THROUGH = _FLAGS | {
    *("--cpus", "--cpuset-cpus", "--gpus", "--ipc", "--memory", "--memory-swap", "--pids-limit", "--shm-size"),
    "--ulimit",
}
_LOOKED_AFTER = """trap 'is_stopped=1; {stop} >/dev/null 2>&1' TERM
{run} &
wait $!
code=$?
[ -z "$is_stopped" ] || wait $!
exit $code
"""
"""Runs a container and ends it by its program, which clears up behind it. A server that is the first process of its
container does not end on SIGTERM unless it was written to, and what is only killed leaves its container behind."""
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

    def around(self, plan: Plan, folder: Path, key: str, options: Sequence[str] = ()) -> Plan:
        """``plan``, which runs in the work folder ``folder``, with each of its processes inside a container of its own.

        Values of variables are inherited and not written out, so that no secret shows in a list of processes.
        """
        env = {name: value for name, value in plan.env.items() if name not in _OF_THE_MACHINE}

        def inside(command: Sequence[str], cwd: str, names: Iterable[str], name: str) -> tuple[str, ...]:
            return (
                *self.command,
                *("run", "--rm", "--network=host", f"--name=lazuli-{name}", *self.run, *options),
                *(f"--volume={folder}:{folder}", f"--workdir={folder / cwd}"),
                *(f"--env={variable}" for variable in sorted({*names, WORK_FOLDER})),
                *self._started(command),
            )

        processes = tuple(
            replace(
                process,
                command=inside(
                    process.command or plan.command, process.cwd or plan.cwd, (*env, *process.env), f"{key}-{number}"
                ),
            )
            for number, process in enumerate(plan.processes)
        )
        names = [f"{key}-{number}" for number in range(len(processes))] or [key]
        command, clearing = inside(plan.command, plan.cwd, env, key), tuple(map(self.removed, names))
        return replace(plan, command=command, env=env, path=(), processes=processes, clearing=clearing)

    def removed(self, name: str) -> tuple[str, ...]:
        """The command line that removes a container, where its own program was killed before it did."""
        return (*self.command, "rm", "--force", f"lazuli-{name}")

    def serving(
        self,
        name: str,
        env: Iterable[str],
        ports: Mapping[str, int],
        options: Sequence[str],
        command: str | None,
        grace_s: float,
    ) -> tuple[str, ...]:
        """The command line of a server: what the image starts, or ``command`` in its shell.

        Each of its ports is published at 127.0.0.1, at the port that a variable tells when this is run. On SIGTERM the
        server has ``grace_s`` to end.
        """
        before = (*self.command, "run", "--rm", f"--name=lazuli-{name}", *self.run, *options)
        variables = tuple(f"--env={variable}" for variable in sorted({*env, WORK_FOLDER} - _OF_THE_MACHINE))
        started = self._started(("bash", "-c", command)) if command else (self.image,)
        published = [f'--publish=127.0.0.1:"${variable}":{port}' for variable, port in ports.items()]
        run = " ".join([shlex.join(before), *published, shlex.join((*variables, *started))])
        stop = shlex.join((*self.command, "stop", f"--time={max(1, round(grace_s))}", f"lazuli-{name}"))
        return "sh", "-c", _LOOKED_AFTER.format(run=run, stop=stop.replace("'", "'\\''"))

    def _started(self, command: Sequence[str]) -> tuple[str, ...]:
        """The image and what starts in it: not every image has bash."""
        if command[:2] == ("bash", "-c"):
            return ("--entrypoint=sh", self.image, "-c", _SHELL, command[-1])
        return (f"--entrypoint={command[0]}", self.image, *command[1:])


def options_of(shm_size: str | None, docker_args: str | Sequence[str] | None) -> tuple[str, ...]:
    """The options that a job adds to its container. Raises :class:`Unsupported` for one that is not let through, and
    :class:`InvalidInput` for what cannot be read.

    Those are let through that say what the container has of the machine's memory, cores and GPUs, and no others: with
    some a job would reach the machine, with some the server would lose sight of the job.
    """
    try:
        words = shlex.split(docker_args) if isinstance(docker_args, str) else list(docker_args or ())
    except ValueError:
        raise InvalidInput(
            f"'{str(docker_args)[:80]}' has a quote that does not close.", target="resources.docker_args"
        ) from None
    options = [f"--shm-size={shm_size}"] if shm_size else []
    while words:
        word = words.pop(0)
        name, equals, _ = word.partition("=")
        if name not in _LET_THROUGH:
            raise Unsupported(
                f"The container option '{name[:80]}' is not let through.",
                target="resources.docker_args",
                mend=f"Leave it out. Let through are: {', '.join(sorted(_LET_THROUGH))}.",
            )
        takes_value = name not in _FLAGS and not equals and words
        options.append(f"{word}={words.pop(0)}" if takes_value else word)
    return tuple(options)
