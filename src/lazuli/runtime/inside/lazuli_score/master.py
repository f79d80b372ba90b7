"""The process above the workers: it starts them, and another when one ends by itself."""

import ctypes
import mmap
import os
import signal
import socket
import struct
import sys
import time

from lazuli_score import settings as said
from lazuli_score.trouble import Failure
from lazuli_score.worker import BACKLOG, CANNOT_START, work

PR_SET_PDEATHSIG = 1
SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
ENDS_S, LONGEST_S = 10, 180
"""How long workers have to end at least, and at most; in between, what is being answered has its whole time."""
FIRST_PAUSE_S, LONGEST_PAUSE_S, CALM_S = 0.02, 10, 10
"""A worker that ends is started again after a pause, which doubles while it does not keep up for so long."""


class Desk:
    """A page of memory where a worker says what it does: since when it runs a request, and whether it was ready."""

    LAYOUT = struct.Struct("=d?")

    def __init__(self):
        self.page = mmap.mmap(-1, self.LAYOUT.size)

    def put(self, since, is_ready):
        """Say it."""
        self.LAYOUT.pack_into(self.page, 0, since, is_ready)

    def ready(self):
        """The script is loaded."""
        self.put(0, True)

    idle = ready

    def busy(self):
        """A request is being answered, from now on."""
        self.put(time.monotonic(), True)

    def seen(self):
        """Since when a request is being answered (0: none is), and whether the worker was ready."""
        return self.LAYOUT.unpack_from(self.page, 0)


class Seat:
    """A worker's place: where it listens, and the process that has it now."""

    def __init__(self, place):
        self.place, self.desk = place, Desk()
        self.pid, self.began, self.pause, self.due = 0, 0.0, FIRST_PAUSE_S, 0.0


class Master:
    """Keeps a worker in every seat until it is told to end."""

    def __init__(self, settings):
        self.settings = settings
        self.seats = [Seat(place) for place in places(settings)]
        self.me = os.getpid()

    def run(self):
        """Run until SIGTERM, or until a script turns out not to start. The exit code, a worker's in a worker."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        while True:
            for seat in self.seats:
                if not seat.pid and seat.due <= time.monotonic() and self._start(seat):
                    return work(self.settings, seat.place, seat.desk)
            due = min((seat.due for seat in self.seats if not seat.pid), default=float("inf"))
            got = signal.sigtimedwait(SIGNALS, max(0, min(1, due - time.monotonic())))
            if got is not None and got.si_signo != signal.SIGCHLD:
                return self._end(0)
            for seat in self.seats:
                self._stop_stuck(seat)
                if self._has_ended(seat) and not seat.desk.seen()[1]:
                    return self._end(CANNOT_START)

    def _start(self, seat):
        """Fork a worker; True in it."""
        seat.desk.put(0, False)
        seat.began = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        seat.pid = os.fork()
        if seat.pid:
            return False
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self.me:
            os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the master is the one to end us
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return True

    def _has_ended(self, seat):
        """Whether the worker of a seat has ended by itself; it is due to be started again."""
        if not seat.pid or os.waitpid(seat.pid, os.WNOHANG)[0] == 0:
            return False
        now = time.monotonic()
        if now - seat.began > CALM_S:
            seat.pause = FIRST_PAUSE_S
        seat.due, seat.pause = now + seat.pause, min(2 * seat.pause, LONGEST_PAUSE_S)
        if seat.desk.seen()[1]:
            print(f"Worker {seat.pid} ended and is started again.", flush=True)
        seat.pid = 0
        return True

    def _stop_stuck(self, seat):
        since = seat.desk.seen()[0]
        longest_s = (self.settings.timeout_ms + self.settings.grace_ms) / 1000
        if seat.pid and since and time.monotonic() - since > longest_s:
            print(f"Worker {seat.pid} is killed: its run() does not stop.", flush=True)
            os.kill(seat.pid, signal.SIGKILL)

    def _end(self, code):
        """End all workers and the process."""
        pids = {seat.pid for seat in self.seats if seat.pid}
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        ends = time.monotonic() + min(max(ENDS_S, self.settings.timeout_ms / 1000), LONGEST_S)
        while pids and time.monotonic() < ends:
            pids = {pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0}
            if pids:
                signal.sigtimedwait({signal.SIGCHLD}, 1)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for path in self.settings.sockets:
            if os.path.exists(path):
                os.unlink(path)
        return code


def places(settings):
    """Where each worker listens: at a path of its own, or at a socket that all share."""
    if settings.sockets:
        return settings.sockets
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind(settings.address)
    line.listen(BACKLOG)
    return [line] * settings.workers


def main(file):
    """Serve as a file says. The exit code."""
    try:
        settings = said.read(file)
        master = Master(settings)
    except (Failure, OSError) as error:
        print(error, file=sys.stderr, flush=True)
        return CANNOT_START
    return master.run()
