"""The file to which every returned row is appended, batch by batch in their order."""

import os
import shutil


class Rows:
    """What workers returned, put together. A batch waits in a file of its own until all before it are done."""

    def __init__(self, file, scratch):
        self.file = file
        self.folder = None
        self.next = 0
        self.over = {}  # batches that are over and whose turn has not come, and whether they are kept
        if file:
            self.folder = os.path.join(scratch, "rows")
            os.makedirs(self.folder, exist_ok=True)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb"):  # it is there, however little is returned
                pass

    def done(self, index, kept):
        """A batch will return nothing more; what it returned is appended in its turn, where it is ``kept``."""
        if not self.folder:
            return
        self.over[index] = kept
        while self.next in self.over:
            self._append(self.next, self.over.pop(self.next))
            self.next += 1

    def close(self):
        """Append what is left, past batches that never ended; where there is no room for it, less."""
        try:
            for index in sorted(self.over):
                self._append(index, self.over[index])
        except OSError:
            pass
        self.over.clear()

    def _append(self, index, kept):
        part = os.path.join(self.folder or "", str(index))
        if kept:
            with open(part, "rb") as source, open(self.file or "", "ab") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        if os.path.exists(part):
            os.unlink(part)
