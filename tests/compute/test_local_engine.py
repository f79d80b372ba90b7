"""The local engine keeps the contract, and survives what a machine does to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lazuli.compute import spawn
from lazuli.compute.contract import EngineContract, sh, until
from lazuli.compute.engine import Phase, Plan, Process, Reason, Stage, StageKind
from lazuli.compute.engines.local import LocalEngine


@pytest.fixture
def engine(tmp_path: Path):
    engine = LocalEngine(tmp_path / "runs")
    yield engine
    for key in engine.orphans(()):
        engine.stop(key)
    for key in engine.orphans(()):
        until(lambda key=key: engine.look(key).over or engine.look(key).phase == Phase.ABSENT, "the end")


class TestLocalEngine(EngineContract):
    pass


def runner_pid(engine: LocalEngine, key: str) -> int:
    return json.loads((engine.folder(key).parent / "runner.json").read_text())["pid"]


def alive(pid: int) -> bool:
    """Whether the process does something; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_killed_runner_is_lost_and_takes_its_tree_along(engine: LocalEngine) -> None:
    script = "(setsid sh -c 'echo $$ > daemon; exec sleep 60' &); sleep 60 & echo $! > child; echo $$ > main; wait"
    engine.start(sh(script), "job")
    work = engine.folder("job")
    until(
        lambda: all((work / name).exists() and (work / name).read_text() for name in ("daemon", "child", "main")), "up"
    )
    os.kill(runner_pid(engine, "job"), signal.SIGKILL)
    until(lambda: engine.look("job").phase == Phase.LOST, "lost")
    assert [name for name in ("main", "child", "daemon") if alive(int((work / name).read_text()))] == []
    assert engine.look("job").over
    engine.start(sh("echo again"), "job")
    assert engine.look("job").phase == Phase.LOST, "a key is never started twice"


def test_the_users_process_dies_with_its_runner_even_if_nobody_looks(engine: LocalEngine) -> None:
    engine.start(Plan(command=("sleep", "60")), "job")
    until(lambda: engine.look("job").phase == Phase.RUNNING, "running")
    child = json.loads((engine.folder("job").parent / "started.json").read_text())["pid"]
    os.kill(runner_pid(engine, "job"), signal.SIGKILL)
    until(lambda: not alive(child), "its end")


def test_another_engine_over_the_same_root_takes_over(engine: LocalEngine, tmp_path: Path) -> None:
    engine.start(sh("echo up; while [ ! -e go ]; do sleep 0.01; done; echo done"), "job")
    until(lambda: engine.look("job").phase == Phase.RUNNING, "running")
    ended = threading.Event()
    heir = LocalEngine(tmp_path / "runs", on_exit=lambda key: ended.set())
    assert heir.look("job").phase == Phase.RUNNING
    assert heir.orphans(()) == ["job"]
    heir.start(sh("echo twice"), "job")
    (heir.folder("job") / "go").touch()
    assert ended.wait(20)
    assert heir.look("job").reason == Reason.COMPLETED
    assert heir.tail("job", "user_logs/std_log.txt") == b"up\ndone\n"


def test_work_survives_the_kill_of_the_server_that_started_it(tmp_path: Path) -> None:
    server = (
        "import sys, time; from pathlib import Path; from lazuli.compute.engine import Plan\n"
        "from lazuli.compute.engines.local import LocalEngine\n"
        "LocalEngine(Path(sys.argv[1])).start(Plan(('sh', '-c', 'while [ ! -e go ]; do sleep 0.01; done')), 'job')\n"
        "time.sleep(60)"
    )
    root = tmp_path / "runs"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = spawn.detached(
        [sys.executable, "-c", server, str(root)], cwd=tmp_path, env=env, output=tmp_path / "server.log"
    )
    until((root / "job" / "started.json").exists, "the start")
    process.kill()
    process.wait()
    heir = LocalEngine(root)
    assert heir.look("job").phase == Phase.RUNNING
    (heir.folder("job") / "go").touch()
    until(lambda: heir.look("job").reason == Reason.COMPLETED, "the end")


def test_a_start_that_was_cut_short_can_be_repeated(engine: LocalEngine) -> None:
    home = engine.folder("job").parent
    (home / "work").mkdir(parents=True)
    (home / "lock").touch()
    (home / "plan.json").write_text("{}")
    assert engine.look("job").phase == Phase.ABSENT
    engine.start(sh("echo ran"), "job")
    until(lambda: engine.look("job").reason == Reason.COMPLETED, "the end")


def test_on_exit_is_called_when_the_result_can_be_read(tmp_path: Path) -> None:
    seen: list[tuple[str, Phase]] = []
    engine = LocalEngine(tmp_path / "runs")
    engine.on_exit = lambda key: seen.append((key, engine.look(key).phase))
    engine.start(sh("true"), "job")
    until(lambda: seen, "the call")
    assert seen == [("job", Phase.EXITED)]


def test_no_zombie_is_left(engine: LocalEngine) -> None:
    engine.start(sh("true"), "job")
    until(lambda: engine.look("job").over, "the end")
    pid = runner_pid(engine, "job")
    until(lambda: not Path(f"/proc/{pid}").exists(), "the burial")


def test_nothing_of_the_server_leaks_into_the_users_process(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAZULI_MASTER_KEY", "secret")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with (tmp_path / "open").open("w") as leak:
        os.set_inheritable(leak.fileno(), True)
        engine.start(sh("env; ls -l /proc/self/fd"), "job")
        until(lambda: engine.look("job").over, "the end")
    log = engine.tail("job", "user_logs/std_log.txt").decode()
    assert "secret" not in log and "PYTHONDONTWRITEBYTECODE" not in log
    assert str(tmp_path / "open") not in log and "/lock" not in log
    assert f"LAZULI_WORK_FOLDER={engine.folder('job')}\n" in log


def test_the_plan_is_for_its_owner_alone(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path / "work", python="true")  # a runner that never reads it
    engine.start(sh("true", env={"TOKEN": "secret"}), "job")
    assert (engine.folder("job").parent / "plan.json").stat().st_mode & 0o077 == 0


def test_a_link_laid_first_does_not_lead_a_later_item_out(engine: LocalEngine, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "out").symlink_to(tmp_path)
    stage = (
        Stage(StageKind.COPY, "code", source=str(tmp_path / "code")),
        Stage(StageKind.TEXT, "code/out/planted", content="x"),
    )
    engine.start(sh("true", stage=stage), "job")
    until(lambda: engine.look("job").over, "the end")
    assert engine.look("job").reason == Reason.SETUP
    assert not (tmp_path / "planted").exists()


def test_what_is_staged_twice_does_not_write_through_a_link(engine: LocalEngine, tmp_path: Path) -> None:
    (tmp_path / "content").write_text("kept")
    stage = (
        Stage(StageKind.LINK, "file", source=str(tmp_path / "content")),
        Stage(StageKind.TEXT, "file", content="changed"),
    )
    engine.start(sh("cat file", stage=stage), "job")
    until(lambda: engine.look("job").over, "the end")
    assert engine.tail("job", "user_logs/std_log.txt") == b"changed"
    assert (tmp_path / "content").read_text() == "kept"


def test_forget_removes_folders_that_deny_it(engine: LocalEngine) -> None:
    engine.start(sh("mkdir -p a/b; touch a/b/c; chmod 500 a a/b"), "job")
    until(lambda: engine.look("job").over, "the end")
    engine.forget("job")
    assert list(engine.folder("job").parent.parent.iterdir()) == []


def test_a_plan_survives_json() -> None:
    plan = sh(
        "x",
        env={"A": "1"},
        path=("/p",),
        stage=(Stage(StageKind.TEXT, "a", content="b"),),
        timeout_s=3,
        cwd="a/b",
        processes=(
            Process("one", "logs/1.txt", env={"A": "2"}, command=("y",), needed=False, waited_for=False),
            Process("two", "l"),
        ),
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_work_that_follows_finds_a_runner_that_waits(engine: LocalEngine) -> None:
    """It is told where, holds the lock, says what goes wrong in the log of its folder, and leaves as much behind."""
    TestLocalEngine().run(engine, sh("true"), "first")
    waiting = spare_of(engine)
    engine.start(sh("while [ ! -e go ]; do sleep 0.02; done"), "second")
    until(lambda: engine.look("second").phase == Phase.RUNNING, "the start")
    assert runner_pid(engine, "second") == waiting
    home = engine.folder("second").parent
    assert Path(f"/proc/{waiting}/cwd").readlink() == home
    assert Path(f"/proc/{waiting}/fd/2").readlink() == home / "runner.log"
    (engine.folder("second") / "go").touch()
    until(lambda: engine.look("second").reason == Reason.COMPLETED, "the end")
    assert spare_of(engine) != waiting


def test_where_the_runner_that_waited_was_killed_another_is_started(engine: LocalEngine) -> None:
    TestLocalEngine().run(engine, sh("true"), "first")
    os.kill(waiting := spare_of(engine), signal.SIGKILL)
    until(lambda: not alive(waiting), "its end")
    assert TestLocalEngine().run(engine, sh("echo ran"), "second").reason == Reason.COMPLETED
    assert engine.tail("second", "user_logs/std_log.txt") == b"ran\n"


def test_a_runner_that_waited_under_other_variables_is_not_used(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    TestLocalEngine().run(engine, sh("true"), "first")
    spare_of(engine)
    monkeypatch.setenv("LC_NUMERIC", "C")
    TestLocalEngine().run(engine, sh("echo $LC_NUMERIC"), "second")
    assert engine.tail("second", "user_logs/std_log.txt") == b"C\n"


def test_a_runner_that_waits_ends_with_who_started_it(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from lazuli.compute.contract import sh, until
from lazuli.compute.engines.local import LocalEngine
engine = LocalEngine(Path(sys.argv[1]))
engine.start(sh("true"), "job")
until(lambda: engine._spare._waiting, "one that waits")
print(engine._spare._waiting.process.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as server:
        assert server.stdout
        waiting = int(server.stdout.readline())
        assert alive(waiting)
        server.kill()
        until(lambda: not alive(waiting), "its end")


def spare_of(engine: LocalEngine) -> int:
    """The process that waits for the next work."""
    until(lambda: engine._spare._waiting, "one that waits")
    assert engine._spare._waiting
    return engine._spare._waiting.process.pid
