"""Processes that begin as copies of the driver, which has one thread and can be copied at any moment."""

import ctypes
import os
import select
import signal

from lazuli_parallel.trouble import flush
from lazuli_parallel.wire import pair

PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
"""Those that the driver has handlers for."""


class Forked(BaseException):
    """Raised in a forked process, to leave the driver's frames behind: it goes on as something else."""

    def __init__(self, go_on):
        self.go_on = go_on


class Forker:
    """Starts processes, each with a line to it."""

    def __init__(self):
        self.held = []  # what is the driver's alone

    def start(self, go_on):
        """A process that goes on as ``go_on(link)``: its id and the driver's end of the line."""
        ours, theirs = pair()
        flush()
        me = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until it has the driver's handlers no more
        pid = os.fork()
        if pid == 0:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if pid == 0:
            self._leave(me, ours)
            raise Forked(lambda: go_on(theirs))
        theirs.close()
        try:
            os.setpgid(pid, pid)
        except OSError:  # it was quicker
            pass
        self.held.append(ours)
        return pid, ours

    def hang_up(self, link):
        """Close the driver's end of a line."""
        self.held.remove(link)
        link.close()

    def _leave(self, me, ours):
        """In the new process: let go of what is the driver's, and of life when the driver does."""
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != me:
            os._exit(1)
        for line in (ours, *self.held):
            line.close()


def kill(pid, number=signal.SIGKILL):
    """Signal a process and all that it started."""
    for send in (os.killpg, os.kill):
        try:
            send(pid, number)
        except ProcessLookupError:
            pass


def how(status):
    """How a process ended."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hint = "; the machine may have run out of memory" if number == signal.SIGKILL else ""
        return f"was killed by {signal.Signals(number).name}{hint}"
    return f"ended with exit code {os.WEXITSTATUS(status)}"


def heard(lines, seconds):
    """Those of the lines on which something is to be heard, waiting for so long."""
    poll = select.poll()
    by_number = {line.fileno(): line for line in lines}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(int(seconds * 1000) + 1)]
