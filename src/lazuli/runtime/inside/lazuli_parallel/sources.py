"""Where batches come from: files that are there, or a table that a process of its own cuts."""

import collections
import os

from lazuli_parallel import files, tables
from lazuli_parallel.forking import kill
from lazuli_parallel.trouble import Failure


class FileSource:
    """Batches of files. They are found as they are needed, so that no number of files takes much memory."""

    lines = ()

    def __init__(self, settings):
        self.total = files.count(settings)
        self.what = f"{self.total} mini-batches of files"
        self.found = files.batches(settings)
        self.is_over = False

    def take(self):
        """The next batch, or None."""
        batch = next(self.found, None)
        self.is_over = batch is None
        return batch

    def listen(self):
        """Nothing comes by itself."""

    def forget(self, batch):
        """Nothing was laid out for it."""

    def close(self):
        """Nothing runs."""


class TableSource:
    """Batches of a table. The process that cuts it is never far ahead of those who take them."""

    def __init__(self, settings, forker, log):
        tables.size_of(settings.mini_batch_size)
        self.total = None
        self.what = "a table"
        self.is_over = False
        self.is_read = False
        self.count = 0
        self.found = collections.deque()
        self.log = log
        self.forker = forker
        self.pid, self.link = forker.start(lambda link: read(settings, log, link))
        self.lines = [self.link]

    def take(self):
        """The next batch, or None while there is none yet."""
        if not self.found:
            self.is_over = self.is_read
            return None
        self.link.send("more")
        return self.found.popleft()

    def listen(self):
        """Take in what was cut meanwhile. Raises :class:`Failure` where the table cannot be read."""
        if self.is_read:
            return
        messages, is_open = self.link.arrived()
        for message in messages:
            if message["kind"] == "batch":
                words = {"rows": message["rows"]}
                self.found.append(files.Batch(message["index"], message["items"], message["first"], **words))
                self.count += 1
            elif message["kind"] == "broken":
                trace = f"\n{message['trace']}" if message["trace"] else ""
                raise Failure(f"The table could not be read: {message['error']}{trace}")
            else:
                self.is_read, self.total, self.lines = True, self.count, []
        if not is_open and not self.is_read:
            raise Failure(f"The table could not be read: the process that reads it has ended. Its log is {self.log}.")

    def forget(self, batch):
        """Its rows are not needed any more."""
        os.unlink(batch.words["rows"])

    def close(self):
        """Stop reading."""
        if not self.is_read:
            kill(self.pid)


def read(settings, log, link):
    """In the process that reads a table: read it, with what is printed in a log of its own."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    return tables.serve(settings, link)
