"""A warm Python: one process of an environment with the heavy imports loaded, forked for every program that runs.

``python warm.py FOLDER MODULE…`` imports the modules, then listens at ``FOLDER/socket``. The program ``shim.py`` stands
first on a job's PATH as ``python``; it hands its arguments, folder, variables and standard streams over and waits. Two
processes are forked for it: a *guard*, which owns every descendant of the program and ends them when the shim goes,
and the program itself, which goes on as if it had been started afresh.

Whatever could make a difference is refused, and the shim runs the plain Python instead: other variables than those
the imports were done under, or a module of the job's own that has the name of one that is loaded.
"""

import array
import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
import types

IDLE_S = 900.0
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MAX_REQUEST = 8 << 20

# How the processes of one job find each other: read when they do so.
RANKS = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"]
RANKS += ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "TP_SOCKET_IFNAME"]

# They differ from job to job and are read when they are used, not when a module is imported.
FREE = ("AZUREML_", "AZURE_ML_", "AZ_BATCH", "LAZULI_", "MLFLOW_TRACKING_", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_")
FREE_WORDS = frozenset([*RANKS, "PATH", "PWD", "OLDPWD", "SHLVL", "_", "PYTHONUNBUFFERED", "HOSTNAME"])

# Imported, they start threads or talk to a device: no process may be forked after that.
NEVER = frozenset(["tensorflow", "jax", "ray", "grpc", "cupy", "onnxruntime", "pycuda", "pyspark", "torch_xla"])


def main():
    """Serve until idle for long; in a forked program, return so that it ends like any other."""
    folder, modules = sys.argv[1], sys.argv[2:]
    sys.path.pop(0)  # our own folder: no program shall find us there
    before = set(sys.modules)
    if not load(modules):
        return
    names = {name.partition(".")[0] for name in set(sys.modules) - before}
    program = Server(folder, names).serve()
    if program is None:
        return
    try:
        program.run()
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next  # a traceback begins in the user's own file
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        sys.exit(1)


def load(modules):
    """Import what can be imported; False where the result may not be forked."""
    for name in modules:
        if name.partition(".")[0] in NEVER or not exists(name):
            continue
        try:
            importlib.import_module(name)
        except BaseException as error:  # a job will meet the same error, at its own line
            print(f"{name} is not loaded: {error!r}", flush=True)
    brought = NEVER.intersection(name.partition(".")[0] for name in sys.modules)
    if brought:  # by another: a thread of a library's own is not among Python's
        print(f"{', '.join(sorted(brought))} came along: this environment is not kept warm", flush=True)
        return False
    if threading.active_count() > 1:
        print("a module started threads: this environment is not kept warm", flush=True)
        return False
    if has_gpu_open():
        print("a module opened the GPU: this environment is not kept warm", flush=True)
        return False
    return True


def has_gpu_open():
    """Whether this process has spoken to a GPU's driver: no child of it ever could.

    To ask whether there is a GPU is enough, and torch counts that as nothing; an open device tells in any case.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return True
    for handle in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{handle}").startswith(("/dev/nvidia", "/dev/kfd", "/dev/dri/")):
                return True
    return False


def exists(name):
    """Whether there is such a module; a name imported from one may be no module itself."""
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:  # its package does not import, or is none
        return False


class Server:
    """Takes programs from shims and forks for each."""

    def __init__(self, folder, names):
        self.names = names
        self.retired = False
        given = started_with()
        self.variables = fixed(given)
        # What Python itself adds at its start (LC_CTYPE, where the locale is "C"), it adds for every program.
        self.added = {name: value for name, value in os.environ.items() if name not in given}
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.address = os.path.join(folder, "socket")
        handle = os.open(folder, os.O_RDONLY)  # an address by descriptor is short, however long the folder's path
        ready = f"/proc/self/fd/{handle}/ready"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        self.listener.bind(ready)
        os.rename(ready, self.address)
        os.close(handle)
        self.listener.listen(64)
        atexit.register(self.close, os.getpid())

    def close(self, owner):
        """Take the address away, in the server and not in its children."""
        if os.getpid() == owner:
            with contextlib.suppress(OSError):
                os.unlink(self.address)

    def serve(self):
        """The program to run, in a forked process; None, in the server, once it is idle for long or retired."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards are nobody's to wait for
        gc.collect()
        gc.freeze()
        print("ready", flush=True)
        while True:
            readable, _, _ = select.select([self.listener], [], [], IDLE_S)
            if readable:
                connection, _ = self.listener.accept()
                with connection:
                    program = self.take(connection)
                if program is not None:
                    return program
            elif not descendants():
                break
            if self.retired:
                break
        self.listener.close()
        self.close(os.getpid())
        while descendants():  # programs go on; leaving now would take them along
            time.sleep(1)
        return None

    def take(self, connection):
        """Read one request. In the forked program, the program; in the server, None."""
        try:
            request, streams = receive(connection)
        except (OSError, ValueError):
            return None
        if request is None:
            self.retired = True
            return None
        reason = self.refusal(request)
        if reason:
            print(f"refused: {reason}", flush=True)
            connection.sendall(b"r")
        elif os.fork() == 0:
            self.listener.close()
            request["env"] = dict(self.added, **request["env"])
            return guard(connection, Program(request, streams))
        for stream in streams:
            os.close(stream)
        return None

    def refusal(self, request):
        """Why this program must not run here, or ''."""
        theirs = {k: v for k, v in fixed(request["env"]).items() if self.added.get(k) != v}
        if theirs != self.variables:
            names = {name for name, _ in theirs.items() ^ self.variables.items()}
            return f"its variables differ: {', '.join(sorted(names))}"
        argv = request["argv"]
        folder = request["cwd"] if argv[0] == "-m" else os.path.join(request["cwd"], os.path.dirname(argv[0]))
        try:
            own = {entry.partition(".")[0] for entry in os.listdir(folder)}
        except OSError:
            return "its folder cannot be read"
        if own & self.names:
            return "it has modules of its own named like loaded ones"
        if argv[0] != "-m" and not os.path.isfile(os.path.join(request["cwd"], argv[0])):
            return "it is no file"
        return ""


def started_with():
    """The variables this process was started with."""
    with open("/proc/self/environ", "rb") as file:
        pairs = (os.fsdecode(pair).partition("=") for pair in file.read().split(b"\0") if pair)
        return {name: value for name, _, value in pairs}


def fixed(env):
    """The variables that must be equal for a warm start."""
    return {k: v for k, v in env.items() if k not in FREE_WORDS and not k.startswith(FREE)}


def receive(connection):
    """One request: its JSON and the three standard streams. Nothing, where the server is asked to retire."""
    connection.settimeout(5)
    handles = array.array("i")
    head, ancillary, _, _ = connection.recvmsg(4, socket.CMSG_SPACE(3 * handles.itemsize))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
    try:
        head += exactly(connection, 4 - len(head))
        size = int.from_bytes(head, "big")
        if not size and not handles:
            return None, []
        if len(handles) != 3 or size > MAX_REQUEST:
            raise ValueError("not a request")
        request = json.loads(exactly(connection, size).decode())
    except (OSError, ValueError):
        for handle in handles:
            os.close(handle)
        raise
    connection.settimeout(None)
    return request, list(handles)


def exactly(connection, size):
    """So many bytes. Raises ValueError where the other side stops before."""
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise ValueError("half a request")
        found += piece
    return found


class Program:
    """A program as a shim was asked to run it."""

    def __init__(self, request, streams):
        self.argv, self.cwd, self.env = request["argv"], request["cwd"], request["env"]
        self.umask, self.streams = request["umask"], streams

    def become(self):
        """Make this process the one the program would have been started in."""
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(self.env)
        os.umask(self.umask)
        os.chdir(self.cwd)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        numpy_random = sys.modules.get("numpy.random")
        if numpy_random is not None:
            numpy_random.seed()  # else every program would draw the same numbers
        gc.enable()

    def run(self):
        """Run it as ``__main__``."""
        if self.argv[0] == "-m":
            sys.argv[:] = self.argv[1:]
            sys.path.insert(0, self.cwd)
            runpy.run_module(self.argv[1], run_name="__main__", alter_sys=True)
            return
        script = self.argv[0]
        path = os.path.join(self.cwd, script)
        sys.argv[:] = self.argv
        sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
        module = types.ModuleType("__main__")
        file_name = path if sys.version_info >= (3, 9) else script
        module.__dict__.update(__file__=file_name, __builtins__=__builtins__)
        sys.modules["__main__"] = module
        with open(path, "rb") as file:
            code = compile(file.read(), file_name, "exec")
        exec(code, module.__dict__)  # noqa: S102 - the user's own program


def guard(connection, program):
    """Fork the program; its guard stays here until every process of it is gone, and never returns."""
    libc = ctypes.CDLL(None)
    os.setsid()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    me = os.getpid()
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != me:
            os._exit(1)
        for handle in (connection.detach(), waker, wake):
            os.close(handle)
        program.become()
        return program
    for stream in program.streams:
        os.close(stream)
    try:
        watch(connection, child, waker)
        linger(program.env.get("LAZULI_WORK_FOLDER", ""))
    finally:
        os._exit(0)


def watch(connection, child, waker):
    """Pass signals on and tell the shim how the program ended; when the shim goes first, end everything."""
    status = None
    while status is None:
        readable, _, _ = select.select([connection, waker], [], [])
        if connection in readable:
            asked = connection.recv(1)
            if not asked:
                signal_all(signal.SIGKILL)
            else:
                signal_all(asked[0])
        if waker in readable:
            os.read(waker, 4096)
        status = reap(child)
    with contextlib.suppress(OSError):
        connection.sendall(b"x" + str(status).encode())
    connection.close()


def linger(work):
    """What the program left running may go on while its job does."""
    over = os.path.join(os.path.dirname(work), "exit.json")
    while descendants():
        if not work or os.path.exists(over) or not os.path.exists(work):
            signal_all(signal.SIGKILL)
        reap(0)
        time.sleep(0.1)


def reap(child):
    """Collect what ended; the wait status of ``child`` if it is among it, else None."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found if found is not None else (1 if child else None)
        if pid == 0:
            return found
        if pid == child:
            found = status


def signal_all(number):
    """Send a signal to every process below this one."""
    for pid in descendants():
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def descendants():
    """Every process below this one."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


if __name__ == "__main__":
    main()
