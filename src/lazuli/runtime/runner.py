"""Run one plan to its end, apart from the server: ``python -I -S runner.py FOLDER LOCK``, or ``runner.py SOCKET``.

FOLDER holds ``plan.json``, which is removed once it is read. LOCK is the inherited descriptor of a file lock that is
held for as long as this program lives, so that whoever asks the lock knows whether it does. SOCKET is the descriptor of
one over which both are told later. What it leaves in FOLDER, each written by rename:

``runner.json``   it began (never begins twice in one folder)
``started.json``  the user's processes run; said again when one ends that the others do without
``heartbeat``     touched every two seconds
``exit.json``     it is over, and nothing of it runs any more

A plan has one command, or ``processes`` that run side by side: the work is over when all that are waited for have
ended, or one that is needed has failed. A file ``stop`` or SIGTERM ends the whole process tree: SIGTERM, then SIGKILL
after the plan's grace.
Standard library only, one thread (so that fork is safe), and no import that is not needed: it starts in 20 ms.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing itself is a slow import
if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
HEARTBEAT_S = 2.0
STRAY_GRACE_S = 2.0  # for what the command left running when it ended by itself
KILL_PATIENCE_S = 60.0  # a process that hangs in the kernel cannot be killed: do not wait for ever
FICLONE = 0x40049409  # of linux/fs.h
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_PAUSE_S = 0.5
PIECE = 64 << 20  # bytes that are copied between two looks for a stop
LOWEST_PORT = 20_000
LONGEST_PATH = 4096
NOT_FOUND = 127
NOT_EXECUTABLE = 126

_libc = ctypes.CDLL(None, use_errno=True)


class SetupFailed(Exception):
    """Something could not be laid into the work folder; the message is for the user."""


class Stopped(Exception):
    """Somebody asked for the end."""


def main(folder: str, lock: int) -> None:
    """Run the plan in ``folder`` unless it was begun before."""
    os.set_inheritable(lock, False)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before runner.json names us as the one to signal
    if not _begin(os.path.join(folder, "runner.json")):
        return
    with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    os.unlink(file.name)  # it holds the job's token and secrets, and nobody needs it any more
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    result = Run(folder, plan).to_the_end()
    result["ended_at_ms"] = now_ms()
    patiently(lambda: write_json(os.path.join(folder, "exit.json"), result))


def told(line: int) -> tuple[str, int]:
    """The folder and the lock that are told over a socket; ends the process where nobody is left to tell them."""
    import _socket

    listener = _socket.socket(fileno=line)
    folder, handed, _, _ = listener.recvmsg(LONGEST_PATH, _socket.CMSG_LEN(4))
    listener.close()
    if not folder:
        os._exit(0)
    os.chdir(folder)
    log = os.open("runner.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    return os.fsdecode(folder), int.from_bytes(handed[0][2], sys.byteorder)


def _begin(file: str) -> bool:
    try:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    told = json.dumps({"pid": os.getpid(), "began_at_ms": now_ms()}).encode()
    patiently(lambda: os.pwrite(handle, told, 0))
    os.close(handle)
    return True


def processes_of(plan: dict) -> list[dict]:
    """What a plan runs, each with what it takes over from the plan."""
    if not plan.get("processes"):  # a server that runs since before an upgrade knows no such word
        alone = {"name": "", "env": {}, "waited_for": True, "needed": True}
        return [alone | {word: plan[word] for word in ("command", "cwd", "log")}]
    inherited = ("command", "cwd")
    return [item | {word: item[word] or plan[word] for word in inherited} for item in plan["processes"]]


class Names:
    """The ports and words that the processes of a plan have in common, each found when it is first asked for."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        self.held: list = []

    def fill(self, text: str) -> str:
        """``text`` with every ``<port NAME>`` and ``<token NAME>`` replaced."""
        return _filled(_filled(text, "<port ", self.ports, self._port), "<token ", self.tokens, _token)

    def _port(self) -> int:
        """A port on which nobody listens, held against the runners of other plans for as long as this one lives.

        It lies below those that the kernel gives to outgoing connections, so that none of them can take it meanwhile.
        """
        import _socket  # only where it is needed: most plans have no port

        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            lowest = int(file.read().split()[0])
        first, beyond = (LOWEST_PORT, lowest) if lowest > LOWEST_PORT + 1000 else (lowest, 1 << 16)
        while True:
            port = first + int.from_bytes(os.urandom(4), "big") % (beyond - first)
            claim = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
            listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
            try:
                claim.bind(f"\0lazuli-port-{port}")
                listener.bind(("", port))
            except OSError:
                claim.close()
                continue
            finally:
                listener.close()
            self.held.append(claim)
            return port


def _filled(text: str, kind: str, known: dict, find: Callable) -> str:
    filled, found, rest = text.partition(kind)
    while found:
        name, _, rest = rest.partition(">")
        if name not in known:
            known[name] = find()
        before, found, rest = rest.partition(kind)
        filled += f"{known[name]}{before}"
    return filled


def _token() -> str:
    return os.urandom(24).hex()


class Run:
    """One plan on its way from staging to the last process of its tree."""

    def __init__(self, folder: str, plan: dict) -> None:
        self.folder = folder
        self.plan = plan
        self.work = os.path.join(folder, "work")
        self.processes: list[dict] = processes_of(plan)
        self.running: dict[int, dict] = {}  # by process id
        self.waited = 0  # how many of those are waited for
        self.failed: dict | None = None  # the first that is needed and failed
        self.names = Names()
        self.ended: dict[str, str] = {}  # of those that are not needed: why
        self.started_at = 0
        self.status: int | None = None  # of the one that decides, as waitpid tells it
        self.stop = False
        self.beat_at = 0.0

    def to_the_end(self) -> dict:
        """Stage, start, wait and clear up; tells the result."""
        try:
            self._pulse()
            self._stage()
        except SetupFailed as failure:
            return {"reason": "setup", "message": self._say(str(failure))}
        except Stopped:
            return {"reason": "stopped", "message": "Stopped before it started."}
        self.started_at = now_ms()
        refusal = self._launch_all()
        if refusal:
            self._end_tree(STRAY_GRACE_S)
            self._clear_up()
            return refusal | {"started_at_ms": self.started_at}
        self._tell_started()
        reason = self._wait()
        self._end_tree(self.plan["grace_s"] if reason or self.failed else STRAY_GRACE_S)
        self._clear_up()
        return self._result(reason) | {"started_at_ms": self.started_at}

    def _tell_started(self) -> None:
        told: dict = {"pid": next(iter(self.running), 0), "started_at_ms": self.started_at}
        if self.plan.get("processes"):
            told["served"] = {"ports": self.names.ports, "tokens": self.names.tokens, "ended": self.ended}
        patiently(lambda: write_json(os.path.join(self.folder, "started.json"), told))

    # Staging

    def _stage(self) -> None:
        os.makedirs(self.work, exist_ok=True)
        for item in self.plan["stage"]:
            try:
                self._lay(item)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise SetupFailed(f"'{item['target']}' could not be laid into the work folder: {reason}.") from error
        try:
            for process in self.processes:
                os.makedirs(self._inside(process["cwd"]), exist_ok=True)
                os.makedirs(os.path.dirname(self._inside(process["log"])), exist_ok=True)
        except OSError as error:
            raise SetupFailed(f"The work folder could not be made ready: {error.strerror}.") from error

    def _inside(self, relative: str) -> str:
        """The path in the work folder; an earlier staged link must not lead a later item out of it."""
        path = os.path.join(self.work, relative)
        root = os.path.realpath(self.work)
        real = os.path.realpath(path)
        if real != root and not real.startswith(root + os.sep):
            raise SetupFailed(f"'{relative}' leads out of the work folder.")
        return path

    def _lay(self, item: dict) -> None:
        target = self._inside(item["target"])
        kind = item["kind"]
        if kind == "folder":
            os.makedirs(target, exist_ok=True)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if kind == "text":
            _clear(target)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(item["content"])
            os.chmod(target, 0o755)
        elif kind == "alias":
            source = self._inside(item["source"])
            os.makedirs(source, exist_ok=True)
            os.symlink(os.path.relpath(source, os.path.dirname(target)), target)
        elif kind in ("link", "copy"):
            self._lay_tree(item["source"], target, 0o444 if kind == "link" else 0o755)
        else:
            raise SetupFailed(f"'{kind}' is not a way to lay '{item['target']}'.")

    def _lay_tree(self, source: str, target: str, mode: int) -> None:
        """Lay out a file or a folder. Every file of a copy may be executed, as in Azure's: ``./run.sh`` works there."""
        self._pulse()
        if not os.path.isdir(source):
            _clear(target)
            lay_file(source, target, self._pulse)
            os.chmod(target, mode)
            return
        os.makedirs(target, exist_ok=True)
        with os.scandir(source) as entries:
            for entry in entries:
                to = os.path.join(target, entry.name)
                if entry.is_symlink():
                    _clear(to)
                    os.symlink(os.readlink(entry.path), to)
                else:
                    self._lay_tree(entry.path, to, mode)

    # The user's processes

    def _environment(self, own: dict[str, str]) -> dict[str, str]:
        env = dict(os.environ)
        env["PYTHONUNBUFFERED"] = "1"  # its log is a file: without this nobody could follow it
        env["PATH"] = os.pathsep.join([*self.plan["path"], env.get("PATH") or os.defpath])
        env.update(self.plan["env"])
        env.update(own)
        env["LAZULI_WORK_FOLDER"] = self.work
        return env

    def _launch_all(self) -> dict | None:
        """Start every process; tells the result at once where one that is needed cannot be started."""
        for process in self.processes:
            error = self._launch(process)
            if not error:
                continue
            found = not isinstance(OSError(error, ""), FileNotFoundError)
            why = os.strerror(error) if found else "it was not found"
            message = f"The command '{process['command'][0]}' could not be started: {why}."
            if process["needed"]:
                exit_code = NOT_EXECUTABLE if found else NOT_FOUND
                return {"reason": "failed", "exit_code": exit_code, "message": self._say(message)}
            self.ended[process["name"]] = message
        return None

    def _launch(self, process: dict) -> int:
        """Start a process; the error number where it cannot be started, else 0."""
        log = os.open(self._inside(process["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        env = self._environment({name: self.names.fill(value) for name, value in process["env"].items()})
        cwd = self._inside(process["cwd"])
        reading, writing = os.pipe()
        runner = os.getpid()
        child = os.fork()
        if child == 0:
            _become(process["command"], env, cwd, log, writing, runner)
        os.close(writing)
        os.close(log)
        with open(reading, "rb") as report:  # closed unwritten by a successful exec
            error = report.read()
        if error:
            os.waitpid(child, 0)
            return int(error)
        self.running[child] = process
        self.waited += process["waited_for"]
        return 0

    def _wait(self) -> str:
        """Until the work is over (tells ``""``), is to be stopped (``stopped``) or took too long (``timeout``)."""
        limit = self.plan["timeout_s"]
        deadline = time.monotonic() + limit if limit else float("inf")
        while True:
            self._reap()
            if self.failed or not self.waited:
                return ""
            if time.monotonic() >= deadline:
                return "timeout"
            try:
                self._pulse(min(HEARTBEAT_S, deadline - time.monotonic()))
            except Stopped:
                return "stopped"

    def _end_tree(self, grace: float) -> None:
        """End every descendant: SIGTERM, then after ``grace`` seconds SIGKILL until none is left."""
        started = time.monotonic()
        if not self._reap():
            return
        _signal_all(signal.SIGTERM)
        while self._reap():
            elapsed = time.monotonic() - started
            if elapsed >= grace + KILL_PATIENCE_S:
                return
            if elapsed >= grace:
                _signal_all(signal.SIGKILL)
            self._nap(0.02 if elapsed >= grace else min(0.2, grace - elapsed))

    def _clear_up(self) -> None:
        """Run what clears up behind the work: a program that was killed with it may have left something."""
        quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        for command in self.plan.get("clearing", ()):
            try:
                os.posix_spawnp(command[0], command, os.environ, file_actions=quiet, setsigmask=())
            except OSError:
                continue  # as good as a program that failed
            started = time.monotonic()
            while self._reap() and time.monotonic() - started < KILL_PATIENCE_S:
                self._nap(0.02)
            self._end_tree(0)

    def _reap(self) -> bool:
        """Collect what ended. False once no descendant is left: orphans become our children, so none can hide."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            process = self.running.pop(pid, None)
            if process:
                self._ended(process, status)

    def _ended(self, process: dict, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        if process["waited_for"]:
            self.waited -= 1
        if not process["needed"]:
            self.ended[process["name"]] = _why(code, "It")
            if self.waited:
                self._tell_started()
        elif not self.failed and (process["waited_for"] or self.waited):  # else it is ended because the work is over
            self.failed = process if code else None
            self.status = status if code or process["waited_for"] else self.status

    def _result(self, reason: str) -> dict:
        code = None if self.status is None else os.waitstatus_to_exitcode(self.status)
        if reason == "timeout":
            message = self._say(f"The command ran longer than its limit of {self.plan['timeout_s']:g} seconds.")
        elif reason == "stopped":
            message = "The command was stopped."
        elif code == 0:
            reason, message = "completed", ""
        else:
            name, log = (self.failed or {}).get("name"), (self.failed or {}).get("log")
            message = _why(code, name[0].upper() + name[1:] if name else "The command")
            if name and log != self.plan["log"]:
                message = self._say(f"{message} Its log is {log}.")
            reason = "failed"
        return {"reason": reason, "exit_code": code, "message": message}

    # Signs of life and of the end

    def _pulse(self, seconds: float = 0) -> None:
        """Sleep until something happens, at most ``seconds``; raises :class:`Stopped` once the end was asked for."""
        self._nap(seconds)
        if not self.stop and time.monotonic() - self.beat_at >= HEARTBEAT_S:
            self.beat_at = time.monotonic()
            try:
                with open(os.path.join(self.folder, "heartbeat"), "w"):
                    pass
            except OSError:
                pass  # on a full disk it is the lock that says we live
            self.stop = os.path.exists(os.path.join(self.folder, "stop"))
        if self.stop:
            raise Stopped

    def _nap(self, seconds: float) -> None:
        seen = signal.sigtimedwait(SIGNALS, max(0.0, seconds))
        if seen is not None and seen.si_signo in (signal.SIGTERM, signal.SIGINT):
            self.stop = True

    def _say(self, message: str) -> str:
        """Write ``message`` to the user's log too, because that is where a user looks first."""
        try:
            file = self._inside(self.plan["log"])
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "a", encoding="utf-8") as log:
                log.write(f"{message}\n")
        except (OSError, SetupFailed):
            pass  # the result tells it anyway
        return message


def _become(command: list[str], env: dict[str, str], cwd: str, log: int, report: int, runner: int) -> None:
    """In the forked child: turn into the user's command, or report the error number and die."""
    try:
        os.setsid()
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != runner:  # it died before the line above
            os._exit(NOT_FOUND)
        _be_first_to_go()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(cwd)
        # Python ignores the last two, and whoever started the server from a script may ignore the others: exec would
        # inherit that.
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(command[0], command, env)
    except OSError as error:
        os.write(report, str(error.errno).encode())
    finally:
        os._exit(NOT_FOUND)


def _be_first_to_go() -> None:
    """When memory runs out, the kernel shall take the job and not the server."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass  # a kernel that does not let us only loses the preference


def _signal_all(number: int) -> None:
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, number)
        except OSError:
            pass  # gone meanwhile, or another user's


def descendants(root: int) -> list[int]:
    """Every process below ``root``."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    # the name in brackets may hold anything, even brackets: fields are counted from the last one
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _why(code: int | None, what: str) -> str:
    if code is None:
        return f"{what} could not be ended."
    if code >= 0:
        return f"{what} ended with exit code {code}."
    hint = " The machine may have run out of memory." if code == -signal.SIGKILL else ""
    return f"{what} was killed by {signal.Signals(-code).name}.{hint}"


def _clear(target: str) -> None:
    """Remove what lies there: writing into it could write through a link into stored content."""
    if os.path.islink(target) or os.path.isfile(target):
        os.unlink(target)


def lay_file(source: str, target: str, pulse: Callable[[], None]) -> None:
    """A file with this content, whose change never reaches the source: at no cost where the file system can do that.

    Never a hard link: its mode is the source's own, and the job's user may change that.
    """
    source = os.path.realpath(source)
    if clone_file(source, target):
        return
    with open(source, "rb") as reading, open(target, "wb") as writing:
        while os.sendfile(writing.fileno(), reading.fileno(), None, PIECE):
            pulse()


def clone_file(source: str, target: str) -> bool:
    """Let the file system share the blocks of ``source`` with ``target`` until either is written to; whether it did."""
    with open(source, "rb") as reading, open(target, "wb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), FICLONE, reading.fileno())
        except OSError:
            return False
    return True


def patiently(write: Callable[[], object]) -> None:
    """Write something without which all work would be lost: where the disk is full, once there is room again."""
    while True:
        try:
            write()
            return
        except OSError as error:
            if error.errno not in FULL:
                raise
            time.sleep(FULL_PAUSE_S)


def write_json(file: str, value: dict) -> None:
    """Write all of it or nothing, and have it on the disk."""
    with open(f"{file}.part", "w", encoding="utf-8") as out:
        json.dump(value, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(f"{file}.part", file)
    folder = os.open(os.path.dirname(file), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(*told(int(sys.argv[1])))
    else:
        main(sys.argv[1], int(sys.argv[2]))
    os._exit(0)  # all is written: what else Python does at its end would only take time
