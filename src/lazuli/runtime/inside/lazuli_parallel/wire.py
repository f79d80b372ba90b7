"""Messages between the driver and one of its processes."""

import json
import socket

HEAD = 4  # bytes of a message's length


class Link:
    """One end of a line: JSON objects, each behind its length."""

    def __init__(self, line):
        self.line = line
        self.found = b""

    def fileno(self):
        """For ``select``."""
        return self.line.fileno()

    def send(self, kind, **words):
        """Send a message; whether the other side is still there."""
        body = json.dumps(dict(words, kind=kind)).encode()
        try:
            self.line.sendall(len(body).to_bytes(HEAD, "big") + body)
        except OSError:
            return False
        return True

    def receive(self):
        """The next message, once it is there; None when the other side has gone."""
        while True:
            message = self._next()
            if message is not None:
                return message
            piece = self.line.recv(1 << 16)
            if not piece:
                return None
            self.found += piece

    def arrived(self):
        """The messages that are there now, and whether more may come."""
        is_open = True
        while is_open:
            try:
                piece = self.line.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            is_open = bool(piece)
            self.found += piece
        messages = []
        message = self._next()
        while message is not None:
            messages.append(message)
            message = self._next()
        return messages, is_open

    def _next(self):
        size = int.from_bytes(self.found[:HEAD], "big")
        if len(self.found) < HEAD + size or len(self.found) < HEAD:
            return None
        body, self.found = self.found[HEAD : HEAD + size], self.found[HEAD + size :]
        return json.loads(body.decode())

    def close(self):
        """Hang up."""
        self.line.close()


def pair():
    """Both ends of a new line."""
    ours, theirs = socket.socketpair()
    return Link(ours), Link(theirs)
