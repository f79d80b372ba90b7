"""What every engine must do, as a test class: inherit it, give an ``engine`` fixture, run pytest.

::

    class TestMyEngine(EngineContract):
        @pytest.fixture
        def engine(self, tmp_path):
            return MyEngine(...)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lazuli.compute.engine import Engine, Look, Phase, Plan, Process, Reason, Stage, StageKind
from lazuli.schema.problems import Conflict, InvalidInput

__all__ = ["EngineContract", "sh", "until"]

_PATIENCE_S = 120.0


def until(true: Callable[[], object], what: str) -> None:
    """Wait until ``true()``; fails saying ``what`` never happened."""
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


def sh(script: str, **fields: object) -> Plan:
    """A plan that runs a small shell script."""
    return Plan(command=("sh", "-c", script), **{"grace_s": 0.3, **fields})


def several(script: str, number: int, **fields: object) -> Plan:
    """A plan that runs a small shell script so many times side by side, each knowing its NUMBER."""
    processes = tuple(
        Process(
            f"number {n}",
            f"user_logs/{n}.txt",
            env={"NUMBER": str(n), "PORT": "<port p>", "WORD": "<token t>"},
            cwd=f"place{n}",
        )
        for n in range(number)
    )
    return replace(sh(script, **fields), log="user_logs/0.txt", processes=processes)


class EngineContract:
    """The promises of :class:`lazuli.compute.engine.Engine`, each as a test."""

    def finish(self, engine: Engine, key: str) -> Look:
        """The look at ``key`` once it is over."""
        until(lambda: engine.look(key).over, f"the end of {key}")
        return engine.look(key)

    def run(self, engine: Engine, plan: Plan, key: str = "job") -> Look:
        """Start ``plan`` and see it to its end."""
        engine.start(plan, key)
        return self.finish(engine, key)

    def log(self, engine: Engine, key: str = "job") -> str:
        """What the command said."""
        return engine.tail(key, "user_logs/std_log.txt").decode()

    def test_what_was_never_started_is_absent(self, engine: Engine) -> None:
        """An unknown key is no error for any verb."""
        assert engine.look("nobody") == Look(Phase.ABSENT)
        assert engine.tail("nobody", "user_logs/std_log.txt") == b""
        engine.stop("nobody")
        engine.forget("nobody")
        assert engine.orphans(()) == []

    def test_success(self, engine: Engine) -> None:
        """Exit code 0 is completed, with its times and both streams in one log."""
        look = self.run(engine, sh("echo out; echo err >&2"))
        assert (look.phase, look.reason, look.exit_code) == (Phase.EXITED, Reason.COMPLETED, 0)
        assert look.started_at_ms and look.ended_at_ms and look.started_at_ms <= look.ended_at_ms
        assert self.log(engine) == "out\nerr\n"

    def test_failure_keeps_the_exit_code(self, engine: Engine) -> None:
        """Any other exit code is failed."""
        look = self.run(engine, sh("exit 7"))
        assert (look.reason, look.exit_code) == (Reason.FAILED, 7)
        assert "7" in look.message

    def test_a_command_that_kills_itself_has_failed(self, engine: Engine) -> None:
        """Death by a signal is told as such."""
        look = self.run(engine, sh("kill -KILL $$"))
        assert (look.reason, look.exit_code) == (Reason.FAILED, -9)
        assert "SIGKILL" in look.message

    def test_a_command_that_does_not_exist(self, engine: Engine) -> None:
        """It fails with the shell's code, and the log says so too."""
        look = self.run(engine, Plan(command=("no-such-program", "x")))
        assert (look.reason, look.exit_code) == (Reason.FAILED, 127)
        assert "'no-such-program'" in look.message
        assert look.message in self.log(engine)

    def test_arguments_arrive_untouched(self, engine: Engine) -> None:
        """No shell stands between the plan and the program."""
        self.run(engine, Plan(command=("printf", "%s|", "a b", "$HOME", "*", "ü;'\"")))
        assert self.log(engine) == "a b|$HOME|*|ü;'\"|"

    def test_environment(self, engine: Engine) -> None:
        """The plan's variables and path arrive, and PATH and HOME of the machine stay."""
        plan = sh('echo "$GREETING"; echo "$PATH"; test -n "$HOME"', env={"GREETING": "hello"}, path=("/first/bin",))
        look = self.run(engine, plan)
        assert look.exit_code == 0
        greeting, path = self.log(engine).splitlines()
        assert greeting == "hello"
        assert path.startswith("/first/bin:") and "/bin" in path.removeprefix("/first/bin:")

    def test_the_work_folder_is_known_before_the_start(self, engine: Engine) -> None:
        """So that a plan can name absolute paths in it."""
        file = engine.folder("job") / "outputs" / "result.txt"
        plan = sh(f"echo 42 > '{file}'", stage=(Stage(StageKind.FOLDER, "outputs"),))
        assert self.run(engine, plan).exit_code == 0
        assert engine.tail("job", "outputs/result.txt") == b"42\n"

    def test_staging(self, engine: Engine, tmp_path: Path) -> None:
        """Texts, links and copies lie there before the command starts; a copy can be changed, its source cannot."""
        source = tmp_path / "source"
        (source / "deep").mkdir(parents=True)
        (source / "deep" / "data.txt").write_text("data")
        (source / "deep" / "data.txt").chmod(0o444)
        stage = (
            Stage(StageKind.TEXT, "code/run.sh", content="#!/bin/sh\ncat ../in/deep/data.txt ../copy/deep/data.txt\n"),
            Stage(StageKind.LINK, "in", source=str(source)),
            Stage(StageKind.COPY, "copy", source=str(source)),
            Stage(StageKind.LINK, "one.txt", source=str(source / "deep" / "data.txt")),
        )
        look = self.run(engine, sh("echo more >> ../copy/deep/data.txt; ./run.sh", stage=stage, cwd="code"))
        assert look.exit_code == 0
        assert self.log(engine) == "datadatamore\n"
        assert engine.tail("job", "one.txt") == b"data"
        assert (source / "deep" / "data.txt").read_text() == "data"

    def test_a_staging_failure_is_not_the_users_failure(self, engine: Engine) -> None:
        """The reason is setup, and the message names what could not be laid."""
        look = self.run(engine, sh("true", stage=(Stage(StageKind.LINK, "in/x", source="/no/such/file"),)))
        assert (look.reason, look.exit_code) == (Reason.SETUP, None)
        assert "'in/x'" in look.message and "/no/such" not in look.message

    def test_the_same_key_runs_once(self, engine: Engine) -> None:
        """Started from many threads and again after its end, it ran once."""
        plan = sh("echo once")
        threads = [threading.Thread(target=engine.start, args=(plan, "job")) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.finish(engine, "job")
        engine.start(plan, "job")
        assert engine.look("job").phase == Phase.EXITED
        assert self.log(engine) == "once\n"

    def test_stop_is_graceful(self, engine: Engine) -> None:
        """The command may clean up after SIGTERM."""
        engine.start(sh("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.02; done", grace_s=15), "job")
        until(lambda: "up" in self.log(engine), "the start")
        until(lambda: engine.look("job").phase == Phase.RUNNING, "running")
        engine.stop("job")
        look = self.finish(engine, "job")
        assert (look.reason, look.exit_code) == (Reason.STOPPED, 3)
        assert "bye" in self.log(engine)

    def test_it_is_cleared_up_behind(self, engine: Engine) -> None:
        """Clearing commands run after the last process, also of what was stopped; one that fails keeps no other."""
        file = engine.folder("job") / "user_logs/std_log.txt"
        clearing = (("no-such-program",), ("sh", "-c", f"cat; echo cleared >> {file}; exit 3"), ("sh", "-c", "exit 1"))
        engine.start(sh("trap '' TERM; echo up; sleep 60; sleep 60", clearing=clearing), "job")
        until(lambda: "up" in self.log(engine), "the start")
        engine.stop("job")
        assert self.finish(engine, "job").reason == Reason.STOPPED
        assert self.log(engine) == "up\ncleared\n"

    def test_stop_ends_a_tree_that_ignores_it(self, engine: Engine) -> None:
        """Children, and daemons that left the session, go with it."""
        script = (
            "trap '' TERM; (setsid sh -c 'while :; do echo daemon; sleep 0.01; done' &) ; echo up; sleep 60; sleep 60"
        )
        engine.start(sh(script), "job")
        until(lambda: "daemon" in self.log(engine), "the daemon")
        engine.stop("job")
        engine.stop("job")
        assert self.finish(engine, "job").reason == Reason.STOPPED
        size = len(self.log(engine))
        time.sleep(0.05)
        assert len(self.log(engine)) == size

    def test_timeout(self, engine: Engine) -> None:
        """The limit is the plan's, and the log says why it ended."""
        look = self.run(engine, sh("sleep 60", timeout_s=0.1))
        assert look.reason == Reason.TIMEOUT
        assert "0.1" in look.message and look.message in self.log(engine)

    def test_nothing_is_left_behind(self, engine: Engine) -> None:
        """When the command is over, what it left running is ended as well."""
        look = self.run(engine, sh("(setsid sh -c 'while :; do echo x >> beat; sleep 0.01; done' &); sleep 0.1"))
        assert look.reason == Reason.COMPLETED
        beats = engine.tail("job", "beat")
        time.sleep(0.05)
        assert engine.tail("job", "beat") == beats

    def test_processes_side_by_side(self, engine: Engine) -> None:
        """Each has its variables, folder and log; they share a free port and a word; all must end well."""
        script = 'echo "$GREETING $NUMBER $PORT $WORD $(basename "$PWD")"; test "$NUMBER" != 1 || sleep 0.1'
        look = self.run(engine, several(script, 3, env={"GREETING": "hello"}))
        assert (look.reason, look.exit_code) == (Reason.COMPLETED, 0)
        said = [engine.tail("job", f"user_logs/{number}.txt").decode().split() for number in range(3)]
        assert [line[:2] for line in said] == [["hello", str(number)] for number in range(3)]
        assert [line[4] for line in said] == ["place0", "place1", "place2"]
        ((port, word),) = {(line[2], line[3]) for line in said}
        assert 1024 < int(port) < 65536 and len(word) >= 32

    def test_the_first_process_that_fails_ends_the_others(self, engine: Engine) -> None:
        """The message names it, and the others may clean up."""
        script = (
            "if test $NUMBER = 1; then until test -e ../0 -a -e ../2; do sleep 0.01; done; exit 7; fi; "
            "trap 'echo bye; exit 0' TERM; touch ../$NUMBER; while :; do sleep 0.02; done"
        )
        look = self.run(engine, several(script, 3, grace_s=15))
        assert (look.reason, look.exit_code) == (Reason.FAILED, 7)
        assert look.message.startswith("Number 1 ended with exit code 7.") and "user_logs/1.txt" in look.message
        assert look.message in engine.tail("job", "user_logs/0.txt").decode()
        assert engine.tail("job", "user_logs/2.txt").endswith(b"bye\n")  # some shells tell how their sleep ended

    def test_a_process_that_cannot_be_started_keeps_the_others_from_going_on(self, engine: Engine) -> None:
        """Nothing is left of them."""
        processes = (
            Process("one", "user_logs/0.txt", command=("sh", "-c", "sleep 0.2; echo went on")),
            Process("two", "user_logs/1.txt", command=("no-such-program",)),
        )
        look = self.run(engine, replace(sh("true"), log="user_logs/0.txt", processes=processes))
        assert (look.reason, look.exit_code) == (Reason.FAILED, 127)
        assert "'no-such-program'" in look.message
        assert "went on" not in engine.tail("job", "user_logs/0.txt").decode()

    def test_what_is_not_waited_for_ends_with_the_work(self, engine: Engine) -> None:
        """Its end by our hand is no failure; one that is not needed may fail, and is told with the reason."""
        processes = (
            Process("main", "user_logs/0.txt", command=("sh", "-c", "while ! test -e go; do sleep 0.01; done")),
            Process("server", "user_logs/1.txt", command=("sleep", "60"), waited_for=False),
            Process("extra", "user_logs/2.txt", command=("sh", "-c", "exit 3"), waited_for=False, needed=False),
            Process(
                "shown",
                "user_logs/3.txt",
                command=("sleep", "60"),
                env={"PORT": "<port shown>", "TOKEN": "<token shown>"},
                waited_for=False,
                needed=False,
            ),
            Process("missing", "user_logs/4.txt", command=("no-such-program",), waited_for=False, needed=False),
        )
        engine.start(replace(sh("true"), processes=processes), "job")

        def ended() -> dict[str, str]:
            served = engine.look("job").served
            return dict(served.ended) if served else {}

        until(lambda: len(ended()) == 2, "the end of what is not needed")
        assert ended()["extra"] == "It ended with exit code 3."
        assert "'no-such-program'" in ended()["missing"]
        served = engine.look("job").served
        assert served and served.ports["shown"] > 1024 and served.tokens["shown"]
        (engine.folder("job") / "go").touch()
        look = self.finish(engine, "job")
        assert (look.reason, look.exit_code, look.message) == (Reason.COMPLETED, 0, "")

    def test_the_failure_of_what_is_needed_but_not_waited_for_is_the_works(self, engine: Engine) -> None:
        """As long as the work goes on."""
        processes = (
            Process("main", "user_logs/0.txt", command=("sleep", "60")),
            Process("server", "user_logs/1.txt", command=("sh", "-c", "exit 5"), waited_for=False),
        )
        look = self.run(engine, replace(sh("true"), processes=processes))
        assert (look.reason, look.exit_code) == (Reason.FAILED, 5)
        assert look.message.startswith("Server ended")

    def test_an_alias_is_a_second_name_for_a_folder(self, engine: Engine) -> None:
        """Whatever is written by one name is there by the other."""
        stage = (Stage(StageKind.ALIAS, "copies/1/out", source="out"),)
        assert self.run(engine, sh("echo x > copies/1/out/file", stage=stage)).exit_code == 0
        assert engine.tail("job", "out/file") == b"x\n"

    def test_tail_by_offset(self, engine: Engine) -> None:
        """A reader goes on where it stopped; a negative offset counts from the end."""
        self.run(engine, sh("printf 0123456789"))
        name = "user_logs/std_log.txt"
        assert engine.tail("job", name, 0, 4) == b"0123"
        assert engine.tail("job", name, 4, 100) == b"456789"
        assert engine.tail("job", name, 10) == b""
        assert engine.tail("job", name, 99) == b""
        assert engine.tail("job", name, -3) == b"789"
        assert engine.tail("job", name, -99) == b"0123456789"
        assert engine.tail("job", "no/such/file") == b""

    def test_tail_stays_in_the_work_folder(self, engine: Engine) -> None:
        """Neither a path nor a link that the job made leads out."""
        self.run(engine, sh("ln -s /etc/passwd leak"))
        for path in ("../plan.json", "/etc/passwd", "leak"):
            try:
                engine.tail("job", path)
            except InvalidInput:
                continue
            raise AssertionError(f"{path} was read")

    def test_a_flood_of_output(self, engine: Engine) -> None:
        """Megabytes of output neither block the command nor get lost."""
        self.run(engine, sh("head -c 20000000 /dev/zero | tr '\\0' x"))
        assert len(engine.tail("job", "user_logs/std_log.txt", 0, 1 << 30)) == 20_000_000

    def test_orphans_and_forget(self, engine: Engine) -> None:
        """What nobody knows is listed; what runs cannot be forgotten; what is forgotten is gone."""
        self.run(engine, sh("true"), "one")
        engine.start(sh("sleep 60"), "two")
        assert engine.orphans(()) == ["one", "two"]
        assert engine.orphans({"one"}) == ["two"]
        try:
            engine.forget("two")
        except Conflict:
            pass
        else:
            raise AssertionError("it was forgotten while it ran")
        engine.stop("two")
        self.finish(engine, "two")
        engine.forget("two")
        engine.forget("one")
        assert engine.orphans(()) == []
        assert engine.look("one").phase == Phase.ABSENT

    def test_keys_cannot_lead_out(self, engine: Engine) -> None:
        """A key is a name, never a path."""
        for key in ("", "..", "a/b", ".hidden", "a\0"):
            try:
                engine.look(key)
            except InvalidInput:
                continue
            raise AssertionError(f"{key!r} was taken")
