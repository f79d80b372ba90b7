"""A program run by a warm Python cannot tell that it was not started afresh."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

INSIDE = Path(__file__).resolve().parents[2] / "src" / "lazuli" / "runtime" / "inside"
LOADED = ("decimal", "fractions", "json", "sqlite3", "logging.config", "no_such_module")
VARIABLES = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "SAID": "yes"}


def pythons() -> list[str]:
    """This Python, and every other one from 3.8 on that the machine has under pyenv."""
    others = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"))
    own = f"{sys.version_info.major}.{sys.version_info.minor}."
    wanted = [p for p in others if int(p.parts[-3].split(".")[1]) >= 8 and not p.parts[-3].startswith(own)]
    return [sys.executable, *map(str, wanted)]


class Bench:
    """A warm Python, a job's folder, and ways to run a program in it."""

    def __init__(self, root: Path, python: str) -> None:
        self.warm, self.code = root / "warm", root / "code"
        for folder in (self.warm, self.code, root / "bin"):
            folder.mkdir(parents=True)
        shim = root / "bin" / "python"
        shim.write_text(f"#!{python} -IS\n" + (INSIDE / "shim.py").read_text(encoding="utf-8"), encoding="utf-8")
        shim.chmod(0o755)
        self.log = root / "warm.log"
        with self.log.open("wb") as log:
            command = [python, "-u", str(INSIDE / "warm.py"), str(self.warm), *LOADED]
            self.server = subprocess.Popen(command, env=VARIABLES, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until((self.warm / "socket").exists, self.log.read_text)
        self.plain_variables = {**VARIABLES, "PATH": f"{root / 'bin'}:{VARIABLES['PATH']}"}
        self.variables = {**self.plain_variables, "LAZULI_WARM": str(self.warm)}

    def start(self, *arguments: str, warm: bool = True, **more: str) -> subprocess.Popen[bytes]:
        env = {**(self.variables if warm else self.plain_variables), **more}
        pipe = subprocess.PIPE
        return subprocess.Popen(["python", *arguments], cwd=self.code, env=env, stdin=pipe, stdout=pipe, stderr=pipe)

    def run(self, *arguments: str, warm: bool = True, given: bytes = b"", **more: str) -> tuple[int, bytes, bytes]:
        process = self.start(*arguments, warm=warm, **more)
        out, err = process.communicate(given, timeout=120)
        return process.returncode, out, err

    def write(self, name: str, text: str) -> None:
        (self.code / name).parent.mkdir(parents=True, exist_ok=True)
        (self.code / name).write_text(text, encoding="utf-8")

    def close(self) -> None:
        self.server.kill()
        self.server.wait()


def until(true: Callable[[], object], otherwise: Callable[[], object] = str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.005)


@pytest.fixture(scope="module", params=pythons(), ids=lambda python: Path(python).resolve().name + python[-24:])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("warm"), request.param)
    yield made
    made.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Bench]:
    """One that a test may do harm to."""
    made = Bench(tmp_path, sys.executable)
    yield made
    made.close()


TELLS = """
import os, sys, threading, pickle, atexit, time
class Thing:
    pass
print(sys.argv, os.getcwd(), __name__, __file__, __spec__, sys.path[0], sys.executable, sys.flags.isolated)
print(os.environ.get("AZUREML_RUN_ID"), sorted(k for k in os.environ if not k.startswith("LAZULI_")))
print(pickle.loads(pickle.dumps(Thing())).__class__, sys.modules["__main__"].__dict__ is globals())
print(sys.stdin.read(), oct(os.umask(0)), signal.getsignal(signal.SIGTERM) if "signal" in globals() else "")
print(sorted(n for n in vars() if not n.startswith("__")), __builtins__.__class__, __annotations__ if 0 else "")
print("to stderr", file=sys.stderr)
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.05), print("a thread is waited for"))).start()
"""


def test_a_program_is_the_same_program(bench: Bench) -> None:
    bench.write("tells.py", TELLS)
    same = {"given": b"a line\n", "AZUREML_RUN_ID": "job-1"}
    plain = bench.run("tells.py", "--x", "a b", warm=False, **same)
    warm = bench.run("tells.py", "--x", "a b", **same)
    assert warm == plain
    assert plain[0] == 0 and b"a thread is waited for" in plain[1] and b"at exit" in plain[1]


def test_it_really_was_warm(bench: Bench) -> None:
    bench.write("loaded.py", "import sys; print('decimal' in sys.modules, 'sqlite3' in sys.modules)")
    assert bench.run("loaded.py")[1] == b"True True\n"
    assert bench.run("loaded.py", warm=False)[1] == b"False False\n"
    assert bench.run("-u", "loaded.py")[1] == b"True True\n"


@pytest.mark.parametrize(
    "end",
    [
        "pass",
        "import sys; sys.exit(7)",
        "import sys; sys.exit('said at the end')",
        "raise SystemExit",
        "def f():\n    raise ValueError('boom')\nf()",
        "import os; os._exit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "this is no Python",
    ],
)
def test_it_ends_the_same(bench: Bench, end: str) -> None:
    bench.write("end.py", end)
    assert bench.run("end.py") == bench.run("end.py", warm=False)


def test_a_module_runs_the_same(bench: Bench) -> None:
    bench.write("pack/__init__.py", "")
    bench.write("pack/__main__.py", "import sys; print(sys.argv, __name__, __package__, sys.path[0])")
    assert bench.run("-m", "pack", "1") == bench.run("-m", "pack", "1", warm=False)
    assert bench.run("-m", "pack", "1")[0] == 0


def test_other_ways_to_call_python_are_plain(bench: Bench) -> None:
    assert bench.run("-c", "import sys; print('decimal' in sys.modules)")[1] == b"False\n"
    assert bench.run(given=b"print('from stdin')")[1] == b"from stdin\n"
    assert bench.run("none.py")[0] == 2


def test_what_could_differ_is_plain(bench: Bench) -> None:
    bench.write("loaded.py", "import sys; print('decimal' in sys.modules)")
    assert bench.run("loaded.py", OMP_NUM_THREADS="1")[1] == b"False\n"
    assert bench.run("loaded.py", SAID="no")[1] == b"False\n"
    assert bench.run("loaded.py", MLFLOW_TRACKING_URI="http://x")[1] == b"True\n"
    bench.write("other/fractions.py", "mine = True")
    bench.write("other/use.py", "import fractions; print(fractions.mine)")
    assert bench.run("other/use.py")[1] == b"True\n"


def test_programs_draw_different_random_numbers(bench: Bench) -> None:
    bench.write("draw.py", "import random; print(random.random())")
    assert bench.run("draw.py")[1] != bench.run("draw.py")[1]


def test_processes_below_it_work(bench: Bench) -> None:
    bench.write(
        "pool.py",
        "from multiprocessing import Pool\ndef double(x):\n    return 2 * x\n"
        "if __name__ == '__main__':\n    with Pool(2) as pool:\n        print(pool.map(double, range(4)))\n",
    )
    code, out, err = bench.run("pool.py")
    assert (code, out) == (0, b"[0, 2, 4, 6]\n"), err


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it went before, or while it was read
        return False
    return state != "Z"


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""


def test_who_kills_the_shim_kills_the_program_and_all_below(bench: Bench) -> None:
    bench.write("family.py", FAMILY)
    shim = bench.start("family.py")
    assert shim.stdout is not None
    pids = [int(pid) for pid in shim.stdout.readline().split()]
    assert all(map(is_alive, pids))
    shim.kill()
    shim.communicate()
    until(lambda: not any(map(is_alive, pids)))


def test_a_signal_reaches_the_program(bench: Bench) -> None:
    bench.write(
        "polite.py",
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\ntime.sleep(60)\n",
    )
    shim = bench.start("polite.py")
    assert shim.stdout is not None and shim.stdout.readline() == b"ready\n"
    shim.send_signal(signal.SIGTERM)
    shim.communicate(timeout=120)
    assert shim.returncode == 5


def test_a_retired_one_takes_nothing_new_and_lets_the_old_end(own: Bench) -> None:
    import socket

    own.write("slow.py", "import sys\nprint('ready', flush=True)\nprint(sys.stdin.readline())\n")
    slow = own.start("slow.py")
    assert slow.stdout is not None and slow.stdout.readline() == b"ready\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(own.warm / "socket"))
        connection.sendall(bytes(4))
    until(lambda: not (own.warm / "socket").exists())
    own.write("loaded.py", "import sys; print('decimal' in sys.modules)")
    assert own.run("loaded.py")[1] == b"False\n"
    assert own.server.poll() is None
    assert slow.communicate(b"go on\n", timeout=120)[0] == b"go on\n\n"
    assert own.server.wait(timeout=120) == 0


def test_half_a_request_does_no_harm(own: Bench) -> None:
    import socket

    for piece in (b"", b"\0", b"\0\0\1\0", b"\0\0\1\0{"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(own.warm / "socket"))
            connection.sendall(piece)
    own.write("loaded.py", "import sys; print('decimal' in sys.modules)")
    assert own.run("loaded.py")[1] == b"True\n"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(0.2,)).start()\n", b"started threads"),
        ("import ray\n", b"ray came along"),
    ],
)
def test_what_starts_threads_is_not_kept_warm(tmp_path: Path, source: str, why: bytes) -> None:
    (tmp_path / "threads.py").write_text(source, encoding="utf-8")
    (tmp_path / "ray.py").touch()
    copy = tmp_path / "warm.py"
    shutil.copy(INSIDE / "warm.py", copy)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(copy), str(tmp_path), "threads"]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 0 and why in done.stdout and b"not kept warm" in done.stdout
    assert not (tmp_path / "socket").exists()


def test_what_speaks_to_a_gpu_is_not_kept_warm(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(f"device = open({str(tmp_path / 'gpu0')!r}, 'w')\n", encoding="utf-8")
    source = (INSIDE / "warm.py").read_text(encoding="utf-8")
    assert '"/dev/nvidia"' in source  # this machine may have none, so a file stands for it
    copy = tmp_path / "warm.py"
    copy.write_text(source.replace('"/dev/nvidia"', repr(str(tmp_path / "gpu"))), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(copy), str(tmp_path), "asks"]
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 0 and b"opened the GPU: this environment is not kept warm" in done.stdout
    assert not (tmp_path / "socket").exists()
