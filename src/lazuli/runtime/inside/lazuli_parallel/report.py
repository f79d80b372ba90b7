"""What the step tells while it runs: its log, the files below ``logs/``, and metrics of the job's run."""

import json
import os
import time

from lazuli_parallel.trouble import tell

EVERY_S = 10.0
SELDOM_S = 60.0
"""While nothing moves."""
TRACES = 3
"""Tracebacks that stand in the job's own log; all are below ``logs/user/error``."""
LINES = 20
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PATIENCE_S = 5.0


class Report:
    """Counts what becomes of batches and items, and tells it."""

    def __init__(self, settings):
        self.settings = settings
        self.level = LEVELS.index(settings.logging_level)
        self.started = time.monotonic()
        self.told_at, self.told = self.started, (0, 0, 0)
        self.total = 0  # how many batches there are, once that is known
        self.succeeded = 0
        self.failed = 0
        self.items_failed = 0
        self.returned = 0
        self.slips = 0
        self.traces = set()
        os.makedirs(os.path.join(settings.logs, "user"), exist_ok=True)
        self.overview = os.path.join(settings.logs, "job_progress_overview.txt")
        self.metrics = Metrics(settings.metrics_name_prefix)

    @property
    def ended(self):
        """How many batches have come to their end, whichever."""
        return self.succeeded + self.failed

    def expect(self, total):
        """Know how many batches there are, or None."""
        self.total = total or 0

    def say(self, text, level="INFO"):
        """A line for the user."""
        if LEVELS.index(level) < self.level:
            return
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}"
        try:
            tell(line)
            with open(self.overview, "a", encoding="utf-8", errors="surrogateescape") as stream:
                stream.write(f"{line}\n")
        except OSError:  # a full disk: what can still be told is the exit code
            pass

    def slip(self, what, error, trace, place):
        """Something went wrong in the script: in one line for the job's log, in full below ``logs/user/error``."""
        line = f"{what}: {error}"
        with open(os.path.join(self.settings.logs, "user", "error.txt"), "a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
        with open(place.log("user", "error"), "a", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n{trace}\n")
        self.slips += 1
        if trace and error not in self.traces and len(self.traces) < TRACES:
            self.traces.add(error)
            line = f"{line}\n{trace.rstrip()}"
        if self.slips <= LINES or trace in line:
            self.say(line, "WARNING")
        if self.slips == LINES:
            self.say("What else goes wrong is in logs/user/error.txt.", "WARNING")

    def worked(self, place, text):
        """A line of the log of one process."""
        with open(place.log("sys", "node"), "a", encoding="utf-8") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

    def progress(self, now=False):
        """Tell how far it is, now and then."""
        counts = (self.ended, self.failed, self.items_failed)
        wait = EVERY_S if counts != self.told else SELDOM_S
        if not now and time.monotonic() - self.told_at < wait:
            return
        self.told_at, self.told = time.monotonic(), counts
        of = f" of {self.total}" if self.total else ""
        text = f"Mini-batches: {self.ended}{of} done, {self.failed} failed. Failed items: {self.items_failed}."
        rate = self.ended / max(1e-3, self.told_at - self.started)
        self.say(f"{text} {rate:.1f} a second." if self.ended else text)
        self.metrics.send(mini_batches_done=self.ended, mini_batches_failed=self.failed, items_failed=self.items_failed)


class Metrics:
    """The progress among the metrics of the job's run. Each is sent by a process of its own, so that nothing waits."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.uri = os.environ.get("MLFLOW_TRACKING_URI", "")
        self.run = os.environ.get("MLFLOW_RUN_ID", "")
        self.step = 0
        self.sender = 0

    def send(self, **values):
        """Send metrics; where nobody takes them, they are lost."""
        if not self.uri.startswith("http") or not self.run:
            return
        now = int(time.time() * 1000)
        metrics = [
            {"key": f"{self.prefix}{name}", "value": value, "timestamp": now, "step": self.step}
            for name, value in values.items()
        ]
        self.step += 1
        self.sender = os.fork()
        if self.sender == 0:
            try:
                self._post({"run_id": self.run, "metrics": metrics})
            finally:
                os._exit(0)

    def settle(self):
        """Wait for what was sent last."""
        try:
            os.waitpid(self.sender, 0)
        except ChildProcessError:  # it was quick
            pass

    def _post(self, body):
        import urllib.request  # slow, and only a sender needs it

        request = urllib.request.Request(
            f"{self.uri.rstrip('/')}/api/2.0/mlflow/runs/log-batch",
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {os.environ.get('MLFLOW_TRACKING_TOKEN', '')}",
            },
        )
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()
