"""``python`` as a job finds it first on its PATH: hands the program to a warm Python, or becomes the plain one.

Only ``python [-u] SCRIPT …`` and ``python [-u] -m MODULE …`` are handed over; anything else, and anything that the
warm Python refuses, runs as if this program did not exist. It imports as little as it can: it must be quick.
"""

import os
import sys

WARM = os.environ.get("LAZULI_WARM", "")  # the folder with the warm Python's socket


def main():
    """Hand the program over and end as it does, or become the plain Python."""
    program = handed_over(sys.argv[1:])
    connection = connect() if program and WARM else None
    if connection is not None:
        run_warm(connection, program)
    plain()


def run_warm(connection, program):
    """Have the program run, pass signals on, and end as it ended; returns where it was refused."""
    import signal

    send(connection, program)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
    for number in numbers:  # after the request: a signal is a byte behind it
        signal.signal(number, lambda n, _: connection.send(bytes([n])))
    answer = b""
    while True:
        piece = connection.recv(4096)
        if not piece:
            break
        answer += piece
    if answer[:1] == b"r":
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        return
    status = int(answer[1:]) if answer[:1] == b"x" else signal.SIGKILL
    if os.WIFSIGNALED(status):
        ended_by = os.WTERMSIG(status)
        if ended_by != signal.SIGKILL:
            signal.signal(ended_by, signal.SIG_DFL)
        os.kill(os.getpid(), ended_by)
    os._exit(os.WEXITSTATUS(status))


def handed_over(argv):
    """The arguments from the script or ``-m`` on, or None for a way of calling that is not handed over."""
    if argv[:1] == ["-u"]:
        argv = argv[1:]
    if not argv or argv[0] == "-":
        return None
    if argv[0] == "-m":
        return argv if len(argv) > 1 else None
    return None if argv[0].startswith("-") else argv


def connect():
    """A connection to the warm Python, or None where there is none."""
    import _socket

    try:
        folder = os.open(WARM, os.O_RDONLY)
    except OSError:
        return None
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(f"/proc/self/fd/{folder}/socket")
    except OSError:
        return None
    finally:
        os.close(folder)
    return connection


def send(connection, argv):
    """Send the program's arguments, folder, variables and standard streams."""
    import _socket
    import array
    import json

    umask = os.umask(0)
    os.umask(umask)
    request = {"argv": argv, "cwd": os.getcwd(), "env": dict(os.environ), "umask": umask}
    body = json.dumps(request).encode()
    streams = array.array("i", [0, 1, 2])
    connection.sendmsg([len(body).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    connection.sendall(body)


def plain():
    """Become the plain Python of this environment."""
    real = sys.executable
    env = dict(os.environ)
    env.pop("__PYVENV_LAUNCHER__", None)
    os.execve(real, [real, *sys.argv[1:]], env)


main()
