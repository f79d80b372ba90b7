"""Files of lines to which several processes add, and which another one carries away while they do.

Each process writes files of its own. It holds a shared lock on the one that it writes to: whoever gets the lock for
itself knows that nothing will be added any more, whatever became of the writer. A line is written before the answer
that it tells of is sent, so that none is lost with the process.
"""

import fcntl
import hashlib
import itertools
import json
import os
import threading
import time
import uuid
from datetime import datetime, timezone

PATTERNS = {"minute": "%Y/%m/%d/%H/%M", "hour": "%Y/%m/%d/%H", "day": "%Y/%m/%d"}
LARGEST = 8 << 20
"""Bytes after which another file is begun."""
LARGEST_DATA = 1 << 20
"""Bytes of data that stand in a line; larger ones lie in a file of their own beside it, which the line names."""
SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Pages:
    """Adds lines to files below a folder, in a folder of its own for each minute, hour or day (UTC)."""

    def __init__(self, folder, rolling="hour"):
        self.folder, self.rolling = str(folder), rolling
        self._lock = threading.Lock()
        self._file, self._size, self._until = -1, 0, 0.0

    def add(self, line):
        """Add a line that ends with a newline. Raises ``OSError``; the next line then goes to another file."""
        with self._lock:
            if self._size > LARGEST or time.time() >= self._until:
                self.close()
                self._file = self._begun()
            try:
                written = os.write(self._file, line)
            except OSError:
                self.close()
                raise
            self._size += written
            if written < len(line):  # what is read of a file ends with its last newline
                self.close()
                raise OSError(f"{self.folder}: the disk took a part of a line")

    def lay(self, data):
        """Put data into a file of their own; its name, relative to the folder."""
        place = self._place()
        name = str(uuid.uuid4())
        file = opened(place, "." + name)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)
        os.rename(os.path.join(place, "." + name), os.path.join(place, name))
        return os.path.relpath(os.path.join(place, name), self.folder)

    def close(self):
        """Let go of the file; another one is begun for the next line."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size, self._until = -1, 0, 0.0

    def _place(self):
        now = datetime.now(timezone.utc)
        return os.path.join(self.folder, now.strftime(PATTERNS[self.rolling]))

    def _begun(self):
        """A new file. It has its name only once it is locked: nobody takes it for one that is done."""
        place, name = self._place(), str(uuid.uuid4()) + ".jsonl"
        file = opened(place, "." + name)
        fcntl.flock(file, fcntl.LOCK_SH)
        os.rename(os.path.join(place, "." + name), os.path.join(place, name))
        length = SECONDS[self.rolling]
        self._size, self._until = 0, (time.time() // length + 1) * length
        return file


def opened(place, name):
    """A new file in a folder, which somebody may tidy away the moment that it is made."""
    while True:
        os.makedirs(place, exist_ok=True)
        try:
            return os.open(os.path.join(place, name), os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        except FileNotFoundError:
            continue


class Collect:
    """What is kept of a deployment's requests: the collections by name, each with its ``folder`` and ``sampling``."""

    def __init__(self, said):
        self.source, self.model_version = said["source"], said.get("model_version") or "default"
        rolling = said.get("rolling") or "hour"
        self.pages = {name: Pages(each["folder"], rolling) for name, each in said["collections"].items()}
        self._place, self._number = str(uuid.uuid4())[:24], itertools.count(int.from_bytes(os.urandom(4), "big"))
        self._beginnings = {}
        self._sampling = {name: each.get("sampling", 1.0) for name, each in said["collections"].items()}

    def is_due(self, collection, name):
        """Whether what belongs to a request is kept; the same for every collection and in every process."""
        share = self._sampling.get(collection, 0.0)
        return share >= 1 or (share > 0 and drawn(name) < share)

    def keep(self, collection, name, data, kind, agent, **more):
        """Keep data (JSON as bytes, without newlines) of the request ``name``. Raises ``OSError``."""
        pages, length, named = self.pages[collection], len(data), json.dumps(name)
        if length > LARGEST_DATA:
            more["datainblob"] = "true"
            data = json.dumps(pages.lay(data)).encode()
        more.setdefault("datacontenttype", "application/json")
        more.setdefault("contentrange", f"bytes 0-{max(0, length - 1)}/{length}")
        told = (
            self._same(collection, kind, agent),
            f', "id": "{self._place}{next(self._number):012x}", "time": "{now()}"',
            f', "correlationid": {named}, "xrequestid": {named}, ',
            json.dumps(more)[1:-1],
            ', "data": ',
        )
        pages.add("".join(told).encode() + data + b"}\n")

    def _same(self, collection, kind, agent):
        """The beginning of the lines of a collection."""
        place = (collection, kind, agent)
        if place not in self._beginnings:
            event = {
                "specversion": "1.0",
                "source": self.source,
                "type": "azureml.inference." + collection,
                "modelversion": self.model_version,
                "collectdatatype": kind,
                "agent": agent,
            }
            self._beginnings[place] = json.dumps(event)[:-1]
        return self._beginnings[place]

    def close(self):
        """Let go of all files."""
        for pages in self.pages.values():
            pages.close()


def now():
    """The time, as events have it."""
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


def drawn(name):
    """A number from 0 up to 1 for a request, by its name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32
