"""A job in a container runs the same command, with the same paths and variables, as it would on the machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lazuli.compute.containers import Container, options_of
from lazuli.compute.engine import Plan, Process
from lazuli.schema.problems import InvalidInput, Unsupported

FOLDER = Path("/data/work/job-1/work")
PLAN = Plan(
    command=("bash", "-c", "echo $WHO > outputs/x"),
    env={"WHO": "you", "MLFLOW_TRACKING_TOKEN": "secret", "VIRTUAL_ENV": "/data/venv"},
    path=("/data/venv/bin",),
    cwd="code",
    timeout_s=7,
)
CONTAINER = Container.from_json(
    {"command": ["/usr/bin/podman", "--cgroup-manager=cgroupfs"], "run": ["--ulimit=nofile=9:9"], "image": "sha256:1"}
)


def test_the_command_line() -> None:
    plan = CONTAINER.around(PLAN, FOLDER, "job-1")
    assert list(plan.command) == [
        *("/usr/bin/podman", "--cgroup-manager=cgroupfs", "run", "--rm", "--network=host"),
        *("--name=lazuli-job-1", "--ulimit=nofile=9:9"),
        *(f"--volume={FOLDER}:{FOLDER}", f"--workdir={FOLDER}/code"),
        *("--env=LAZULI_WORK_FOLDER", "--env=MLFLOW_TRACKING_TOKEN", "--env=WHO"),
        *("--entrypoint=sh", "sha256:1", "-c", 'exec "$(command -v bash || command -v sh)" -c "$0"'),
        "echo $WHO > outputs/x",
    ]


def test_no_secret_stands_in_the_list_of_processes_and_no_path_of_the_machine_goes_in() -> None:
    plan = CONTAINER.around(PLAN, FOLDER, "job-1")
    assert "secret" not in " ".join(plan.command)
    assert plan.env == {"WHO": "you", "MLFLOW_TRACKING_TOKEN": "secret"}
    assert plan.path == ()


def test_the_rest_of_the_plan_stays() -> None:
    plan = CONTAINER.around(PLAN, FOLDER, "job-1")
    assert (plan.cwd, plan.timeout_s, plan.log, plan.stage) == (PLAN.cwd, 7, PLAN.log, PLAN.stage)


def test_every_process_has_a_container_of_its_own() -> None:
    processes = (
        Process("rank 0", "l/0", env={"RANK": "0"}),
        Process("rank 1", "l/1", env={"RANK": "1"}, cwd="nodes/1/code"),
        Process("board", "l/2", ("python", "-c", "x"), {"PORT": "<port p>"}, waited_for=False, needed=False),
    )
    plan = CONTAINER.around(replace(PLAN, processes=processes), FOLDER, "job-1", ("--shm-size=2g",))
    commands = [process.command for process in plan.processes]
    for number, command in enumerate(commands):
        assert f"--name=lazuli-job-1-{number}" in command and "--shm-size=2g" in command
    assert all("--env=RANK" in command and "--env=WHO" in command for command in commands[:2])
    assert f"--workdir={FOLDER}/nodes/1/code" in commands[1]
    assert commands[1][-1] == "echo $WHO > outputs/x"
    assert commands[2][-4:] == ("--entrypoint=python", "sha256:1", "-c", "x")


@pytest.mark.parametrize(
    ("shm_size", "docker_args", "options"),
    [
        (None, None, ()),
        ("2g", None, ("--shm-size=2g",)),
        (None, "--ipc=host --ulimit memlock=-1 --init", ("--ipc=host", "--ulimit=memlock=-1", "--init")),
        ("1g", ["--gpus", "all"], ("--shm-size=1g", "--gpus=all")),
    ],
)
def test_what_a_job_asks_of_its_container(shm_size: str, docker_args: str, options: tuple[str, ...]) -> None:
    assert options_of(shm_size, docker_args) == options


@pytest.mark.parametrize("asked", ["--privileged", "-v /:/host", "--name=x", "--init evil:latest", "-d"])
def test_what_leads_out_of_a_container_is_refused(asked: str) -> None:
    with pytest.raises(Unsupported, match="not let through"):
        options_of(None, asked)


def test_a_quote_that_does_not_close_is_told() -> None:
    with pytest.raises(InvalidInput, match="does not close"):
        options_of(None, "--ulimit 'nofile=1")
