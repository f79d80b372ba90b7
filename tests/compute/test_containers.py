"""A job in a container runs the same command, with the same paths and variables, as it would on the machine."""

from __future__ import annotations

from pathlib import Path

from lazuli.compute.containers import Container
from lazuli.compute.engine import Plan

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
