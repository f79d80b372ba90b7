"""The driver: cuts the input into batches, hands them to processes of the script, and puts together what they return.

It has one thread and imports nothing but the standard library, so that it can fork at any moment: every process of the
script begins as a copy of it. A process that hangs or dies takes its batch down, and another takes its place.
"""

import collections
import os
import signal
import socket
import sys
import time

from lazuli_parallel import tables, worker
from lazuli_parallel.bounds import FOREVER, Bounds
from lazuli_parallel.forking import Forked, Forker, heard, how, kill
from lazuli_parallel.report import Report
from lazuli_parallel.rows import Rows
from lazuli_parallel.settings import Settings
from lazuli_parallel.sources import FileSource, TableSource
from lazuli_parallel.trouble import Failure, flush, tell
from lazuli_parallel.usage import Usage

MOST_STARTS = 3
"""How often a process is started in one place before that is given up."""
GRACE_S = 3.0
"""Between SIGTERM and SIGKILL for the processes of a step that ends early."""
LONGEST_WAIT_S = 5.0
STOPPED = 128 + signal.SIGTERM


class Stopped(Exception):
    """Somebody asked for the end."""


def main(file):
    """Run the step that a file of settings says; in a process that was forked for it, be that. The exit code."""
    run_cold_if_shadowed()
    try:
        return Driver(Settings(file)).run()
    except Failure as failure:
        tell(f"The step failed. {failure}")
        return 1
    except Forked as forked:
        go_on = forked.go_on
    return go_on()


def run_cold_if_shadowed():
    """Start again as a plain Python where this is a warm one that has loaded what the code folder has of its own."""
    if not os.environ.get("LAZULI_WARM"):
        return
    stdlib = os.path.dirname(os.__file__)
    packages = os.path.join(stdlib, "site-packages")
    loaded = set()
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None) or ""
        if origin.startswith(packages) or not origin.startswith(stdlib):
            loaded.add(name.partition(".")[0])
    own = {entry.partition(".")[0] for entry in os.listdir(os.getcwd())}
    if own & (loaded - {"", "__main__", *sys.builtin_module_names}):
        flush()
        os.execve(sys.executable, [sys.executable, "-u", *sys.argv], dict(os.environ, LAZULI_WARM=""))


class Worker:
    """A process of the script, as the driver sees it."""

    def __init__(self, pid, place, link, slot, deadline):
        self.pid = pid
        self.place = place
        self.link = link
        self.slot = slot
        self.state = "starting"  # then idle, loading, running, ending or unneeded; given up, once it is killed
        self.batch = None
        self.deadline = deadline

    def give_up(self, number=signal.SIGKILL):
        """End it; what it said before no longer counts."""
        self.state, self.batch, self.deadline = "given up", None, FOREVER
        kill(self.pid, number)


class Driver:
    """One step, from its first batch to its last process."""

    def __init__(self, settings):
        self.settings = settings
        os.makedirs(settings.scratch, exist_ok=True)
        self.report = Report(settings)
        self.bounds = Bounds(settings, self.report)
        self.usage = Usage(settings)
        self.rows = Rows(settings.append_row_to, settings.scratch)
        self.forker = Forker()
        self.stop = False
        self.waker, wake = socket.socketpair()
        for line in (self.waker, wake):
            line.setblocking(False)
        self.forker.held += [self.waker, wake]
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        table = settings.table is not None and tables.has_rows(settings.table)
        log = worker.Place(settings, 0).log("sys", "table") if table else ""
        self.source = TableSource(settings, self.forker, log) if table else FileSource(settings)
        self.waiting = collections.deque()
        self.workers = {}  # by process id
        self.slots = list(range(settings.workers - 1, -1, -1))  # free places; the first is taken first
        self.failed_starts = collections.Counter()  # by place, since one went well there
        self.was_ready = False

    def _asked_to_stop(self, *_):
        self.stop = True

    def run(self):
        """All batches, then the end of the processes. The exit code."""
        try:
            self._all_batches()
            self.bounds.check_result()
            self._shut_down()
        except (Failure, OSError) as failure:
            self._end_now()
            self.report.progress(now=True)
            self.report.say(f"The step failed. {failure}", "ERROR")
            return 1
        except Stopped:
            self._end_now()
            self.report.say("The step was stopped.", "ERROR")
            return STOPPED
        finally:
            signal.set_wakeup_fd(-1)  # nobody listens any more, and a process may still end
        self.report.progress(now=True)
        self.report.metrics.settle()
        return 0

    # --- batches -----------------------------------------------------------------------------------------------

    def _all_batches(self):
        most = self.settings.workers
        self.report.say(f"Input: {self.source.what}. Processes: {most} at most.")
        while True:
            while len(self.waiting) < 2 * most:
                batch = self.source.take()
                if batch is None:
                    break
                self.waiting.append(batch)
            self.report.expect(self.source.total)
            if self.source.is_over and not self.waiting and not any(each.batch for each in self.workers.values()):
                return
            self._hand_out()
            self._listen()
            self.report.progress()
            self.usage.note(self.workers.values())

    def _hand_out(self):
        for each in self.workers.values():
            if each.state == "idle" and self.waiting:
                each.batch = batch = self.waiting.popleft()
                batch.tries += 1
                each.state = "loading"
                each.deadline = time.monotonic() + self.settings.task_overhead_timeout
                each.link.send("batch", index=batch.index, first=batch.first, **batch.words)
        starting = sum(each.state == "starting" for each in self.workers.values())
        for _ in range(min(len(self.waiting) - starting, len(self.slots))):
            self._start()

    def _went_well(self, each, items, returned):
        batch, report = each.batch, self.report
        each.state, each.batch, each.deadline = "idle", None, FOREVER
        report.succeeded += 1
        report.returned += returned
        report.items_failed += max(0, items - returned)
        what = f"Mini-batch {batch.index}, try {batch.tries}: {items} items, {returned} returned."
        report.say(f"{what} By {each.place.name}.", "DEBUG")
        report.worked(each.place, what)
        self._is_over(batch, kept=True)

    def _went_wrong(self, each, error, trace=""):
        """A try failed: the batch is tried again, or counted as failed."""
        batch, report = each.batch, self.report
        each.batch, each.deadline = None, FOREVER
        what = f"Mini-batch {batch.index}, try {batch.tries} of {self.settings.tries}"
        report.slip(what, error, trace, each.place)
        report.worked(each.place, f"{what}: {error}")
        if batch.tries < self.settings.tries:
            self.bounds.moved = time.monotonic()
            self.waiting.appendleft(batch)
            return
        report.failed += 1
        report.items_failed += batch.items
        self._is_over(batch, kept=False)

    def _is_over(self, batch, kept):
        self.bounds.moved = time.monotonic()
        self.rows.done(batch.index, kept)
        self.source.forget(batch)
        self.bounds.check_errors()

    # --- processes ---------------------------------------------------------------------------------------------

    def _start(self):
        slot = self.slots.pop()
        settings, folder = self.settings, self.rows.folder
        place = worker.Place(settings, slot)
        pid, link = self.forker.start(lambda theirs: worker.work(settings, place, theirs, folder))
        deadline = time.monotonic() + settings.first_task_creation_timeout
        self.workers[pid] = Worker(pid, place, link, slot, deadline)
        self.report.worked(place, f"Process {pid} was started.")

    def _start_failed(self, each, error, trace=""):
        each.give_up()
        self.failed_starts[each.slot] += 1
        self.report.slip(f"A process of the script, {each.place.name}", error, trace, each.place)
        tried = sum(self.failed_starts.values())
        if tried >= MOST_STARTS and (not self.was_ready or not self._places_left()):
            raise Failure(f"The script could not be made ready. {error} More is in logs/user.")

    def _places_left(self):
        return any(self.failed_starts[slot] < MOST_STARTS for slot in range(self.settings.workers))

    def _listen(self):
        """Wait until something happens, and take it in."""
        deadline = min((each.deadline for each in self.workers.values()), default=FOREVER)
        left = min(deadline, self.bounds.deadline) - time.monotonic()
        lines = [self.waker, *(each.link for each in self.workers.values()), *self.source.lines]
        ready = heard(lines, min(LONGEST_WAIT_S, max(0.0, left)))
        if self.stop:
            raise Stopped
        if self.waker in ready:
            self.waker.recv(1 << 16)
        for each in self.workers.values():
            if each.link in ready:
                self._hear(each)
        self._reap()
        self.source.listen()
        self.bounds.check_time()
        for each in self.workers.values():
            if time.monotonic() >= each.deadline:
                self._too_slow(each)

    def _hear(self, each):
        for message in each.link.arrived()[0]:
            if each.state != "given up":
                self._take_in(each, message)

    def _take_in(self, each, message):
        kind = message["kind"]
        if each.state == "unneeded":
            return
        if kind == "ready":
            each.state, each.deadline, self.was_ready = "idle", FOREVER, True
            self.failed_starts[each.slot] = 0
        elif kind == "running":
            each.state, each.deadline = "running", time.monotonic() + self.settings.timeout
            self.bounds.has_begun = True
        elif kind == "done":
            self._went_well(each, message["items"], message["returned"])
        elif kind == "failed":
            each.state = "idle"
            self._went_wrong(each, message["error"], message["trace"])
        elif kind == "not_ready":
            self._start_failed(each, message["error"], message["trace"])
        elif kind == "shutdown_failed":
            self.report.slip(f"shutdown() of {each.place.name}", message["error"], message["trace"], each.place)

    def _too_slow(self, each):
        settings = self.settings
        if each.state == "starting":
            limit = settings.first_task_creation_timeout
            self._start_failed(each, f"init() took longer than --first_task_creation_timeout, {limit:g} s.")
        elif each.state == "loading":
            limit = settings.task_overhead_timeout
            self._went_wrong(each, f"its data took longer to load than --task_overhead_timeout, {limit:g} s.")
        elif each.state == "running":
            self._went_wrong(each, f"run() took longer than retry_settings.timeout, {settings.timeout} s.")
        elif each.state == "ending":
            self.report.say(f"shutdown() of {each.place.name} took too long and was cut off.", "WARNING")
        each.give_up()

    def _reap(self):
        """Collect what ended, and see what it leaves behind."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            each = self.workers.get(pid)
            if each:
                self._hear(each)
                del self.workers[pid]
                self._ended(each, status)

    def _ended(self, each, status):
        kill(each.pid)  # what it started and left running
        self.forker.hang_up(each.link)
        if each.batch:
            self._went_wrong(each, f"its process {how(status)}.")
        elif each.state == "starting":
            self._start_failed(each, f"Its process {how(status)} in init().")
        if self.failed_starts[each.slot] < MOST_STARTS:
            self.slots.append(each.slot)

    # --- the end -----------------------------------------------------------------------------------------------

    def _shut_down(self):
        """Let every process end by itself."""
        patience = time.monotonic() + self.settings.timeout + self.settings.task_overhead_timeout
        for each in self.workers.values():
            if each.state == "idle":
                each.state, each.deadline = "ending", patience
            elif each.state == "starting":  # there is nothing left for it
                each.state, each.deadline = "unneeded", time.monotonic() + GRACE_S
            each.link.send("end")
        self.bounds.rest()
        while self.workers:
            self._listen()

    def _end_now(self):
        """End every process: it is asked to, and after a moment it is not asked."""
        for each in self.workers.values():
            each.give_up(signal.SIGTERM)
        self.source.close()
        until = time.monotonic() + GRACE_S
        while self.workers:
            if time.monotonic() >= until:
                for pid in self.workers:
                    kill(pid)
            ready = heard([self.waker], max(0.05, until - time.monotonic()))
            if ready:
                self.waker.recv(1 << 16)
            for pid in list(self.workers):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    kill(pid)
                    del self.workers[pid]
        self.rows.close()
