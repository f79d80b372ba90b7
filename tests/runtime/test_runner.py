"""The runner by itself, as the engine starts it."""

from __future__ import annotations

import ast
import fcntl
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lazuli
from lazuli.compute.contract import until
from lazuli.compute.engine import Plan, Stage, StageKind

ROOM = Path(lazuli.__file__).parent / "runtime"
RUNNER = ROOM / "runner.py"


def start(folder: Path, plan: Plan | dict[str, Any]) -> subprocess.Popen[bytes]:
    (folder / "plan.json").write_text(json.dumps(plan.to_json() if isinstance(plan, Plan) else plan))
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        command = [sys.executable, "-I", "-S", str(RUNNER), str(folder), str(lock)]
        return subprocess.Popen(command, pass_fds=(lock,), start_new_session=True)
    finally:
        os.close(lock)


def result(folder: Path) -> dict:
    return json.loads((folder / "exit.json").read_text())


@pytest.mark.parametrize("file", ["runner.py", "build.py"])
def test_it_needs_nothing_but_the_standard_library(file: str) -> None:
    tree = ast.parse((ROOM / file).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_imports_nothing_slow() -> None:
    code = f"import sys; exec(open({str(RUNNER)!r}).read(), {{'__name__': 'runner'}}); print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-I", "-S", "-c", code], text=True).split())
    assert loaded.isdisjoint(
        {"subprocess", "shutil", "tempfile", "logging", "threading", "asyncio", "socket", "typing"}
    )


def test_it_never_begins_twice_in_one_folder(tmp_path: Path) -> None:
    plan = Plan(command=("sh", "-c", "echo once"))
    assert start(tmp_path, plan).wait() == 0
    assert start(tmp_path, plan).wait() == 0
    assert (tmp_path / "work" / "user_logs" / "std_log.txt").read_text() == "once\n"
    assert result(tmp_path)["reason"] == "completed"


def test_the_plan_of_a_server_that_runs_since_before_an_upgrade_is_run(tmp_path: Path) -> None:
    plan = Plan(command=("sh", "-c", "echo ran")).to_json()
    del plan["processes"]
    assert start(tmp_path, plan).wait() == 0
    assert result(tmp_path)["reason"] == "completed"


def test_a_stop_that_came_first_keeps_the_command_from_starting(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    start(tmp_path, Plan(command=("sh", "-c", "echo ran"))).wait()
    assert result(tmp_path)["reason"] == "stopped"
    assert "started_at_ms" not in result(tmp_path)
    assert not (tmp_path / "work" / "user_logs").exists()


def test_sigterm_is_a_stop(tmp_path: Path) -> None:
    runner = start(tmp_path, Plan(command=("sleep", "60"), grace_s=5))
    until((tmp_path / "started.json").exists, "the start")
    runner.terminate()
    assert runner.wait() == 0
    assert (result(tmp_path)["reason"], result(tmp_path)["exit_code"]) == ("stopped", -15)


def test_a_command_that_ends_well_when_told_to_stop_was_still_stopped(tmp_path: Path) -> None:
    script = "trap 'exit 0' TERM; touch up; while :; do sleep 0.01; done"
    runner = start(tmp_path, Plan(command=("sh", "-c", script), grace_s=5))
    until((tmp_path / "work" / "up").exists, "the start")
    runner.terminate()
    runner.wait()
    assert (result(tmp_path)["reason"], result(tmp_path)["exit_code"]) == ("stopped", 0)


def test_nothing_that_a_job_does_to_a_read_only_input_reaches_its_source(tmp_path: Path) -> None:
    """Large or small, and whoever it runs as."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "large").write_bytes(bytes(9 << 20))
    (source / "large").chmod(0o444)
    stage = (Stage(StageKind.LINK, "in", source=str(source)),)
    command = "stat -c %a:%h in/large; chmod u+w in/large; printf x | dd of=in/large conv=notrunc status=none"
    start(tmp_path, Plan(command=("sh", "-c", command), stage=stage)).wait()
    assert (tmp_path / "work" / "user_logs" / "std_log.txt").read_text() == "444:1\n"
    assert (tmp_path / "work" / "in" / "large").read_bytes()[:1] == b"x"
    assert (source / "large").read_bytes() == bytes(9 << 20)
    assert (source / "large").stat().st_mode & 0o777 == 0o444


def test_the_plan_is_gone_once_it_is_read(tmp_path: Path) -> None:
    start(tmp_path, Plan(command=("sh", "-c", "ls .."), env={"TOKEN": "t"})).wait()
    log = (tmp_path / "work" / "user_logs" / "std_log.txt").read_text()
    assert "runner.json" in log and "plan.json" not in log


@pytest.mark.parametrize("file", ["started.json", "exit.json"])
def test_a_full_disk_costs_no_result(tmp_path: Path, file: str) -> None:
    (tmp_path / f"{file}.part").symlink_to("/dev/full")
    runner = start(tmp_path, Plan(command=("sh", "-c", "echo done > said")))
    until((tmp_path / "work" / "said").exists, "the end of the command")
    with pytest.raises(subprocess.TimeoutExpired):
        runner.wait(0.2)
    (tmp_path / f"{file}.part").unlink()
    assert runner.wait() == 0
    assert result(tmp_path)["reason"] == "completed" and (tmp_path / "started.json").exists()


def test_a_file_that_cannot_be_executed(tmp_path: Path) -> None:
    start(tmp_path, Plan(command=("/etc/passwd",))).wait()
    assert (result(tmp_path)["reason"], result(tmp_path)["exit_code"]) == ("failed", 126)


def test_the_signals_of_the_command_are_as_usual(tmp_path: Path) -> None:
    start(tmp_path, Plan(command=("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"))).wait()
    masks = (tmp_path / "work" / "user_logs" / "std_log.txt").read_text().split()[1::2]
    usual = (1 << 31) - 1  # signals 32 and 33 belong to the C library, whatever it was started with
    assert [int(mask, 16) & usual for mask in masks] == [0, 0]


def test_descendants_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    odd = tmp_path / "a) 1 (b"
    odd.symlink_to("/bin/sleep")
    child = subprocess.Popen([odd, "60"])
    try:
        assert child.pid in runpy.run_path(str(RUNNER))["descendants"](os.getpid())
        assert runpy.run_path(str(RUNNER))["descendants"](child.pid) == []
    finally:
        child.kill()
        child.wait()


def test_a_broken_plan_leaves_its_trace_for_the_servers_log(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / "lock").touch()
    lock = os.open(tmp_path / "lock", os.O_RDWR)
    command = [sys.executable, "-I", "-S", str(RUNNER), str(tmp_path), str(lock)]
    ended = subprocess.run(command, pass_fds=(lock,), capture_output=True, check=False)
    os.close(lock)
    assert ended.returncode != 0 and b"KeyError" in ended.stderr
    assert not (tmp_path / "exit.json").exists()


def test_names_are_filled_in_and_a_port_is_claimed_once() -> None:
    names = [runpy.run_path(str(RUNNER))["Names"]() for _ in range(2)]
    text = "<port a>/<port b>/<port a>/<token t>/<token t>"
    a, b, again, word, same = names[0].fill(text).split("/")
    assert a == again != b and word == same and len(word) == 48
    assert not {a, b} & set(names[1].fill("<port a>/<port b>").split("/"))
    assert names[0].fill("no name < port> <portal>") == "no name < port> <portal>"
