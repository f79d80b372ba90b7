"""HTTP/1.1 as bytes: requests that are read from what a connection brings, and answers that are written to it."""

from http import HTTPStatus

from lazuli_score.trouble import Refusal

LARGEST_HEAD = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Message:
    """A request as it came: method, target, headers (pairs of text, names as ``Content-Type``) and body."""

    def __init__(self, method, target, headers, keeps_alive):
        self.method, self.headers = method, headers
        self.path, _, self.query = target.partition("?")
        self.keeps_alive = keeps_alive
        self.body = b""

    def header(self, name):
        """The first value of a header, named as ``Content-Type``; None where it was not sent."""
        return next((value for key, value in self.headers if key == name), None)


class Reader:
    """Cuts what a connection brings into requests."""

    def __init__(self, largest):
        self.largest = largest
        self.found = bytearray()
        self.message = None  # whose body is awaited
        self.length = 0  # bytes of that body
        self.is_chunked = False
        self.chunks = bytearray()
        self.expected = False  # the client waits for a word before it sends the body

    def next(self):
        """The next request that is there as a whole, else None. Raises :class:`Refusal` for what is no request."""
        message = self.message = self.message or self._head()
        if message is None:
            return None
        taken = self._chunks() if self.is_chunked else self._plain()
        if taken is None:
            return None
        self.message = None
        message.body = taken
        return message

    def waits_for_word(self):
        """Whether the client waits, now, to be told that its body is welcome."""
        expected, self.expected = self.expected, False
        return expected and not self.found

    def _head(self):
        while self.found[:2] == b"\r\n":
            del self.found[:2]
        end = self.found.find(END_OF_HEAD)
        if end > LARGEST_HEAD or (end < 0 and len(self.found) > LARGEST_HEAD):
            raise Refusal(431, "One or more header fields exceeds the maximum size.")
        if end < 0:
            return None
        lines = bytes(self.found[:end]).decode("latin-1").split("\r\n")
        del self.found[: end + len(END_OF_HEAD)]
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Refusal(400, "The browser (or proxy) sent a request that this server could not understand.")
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise Refusal(400, "The browser (or proxy) sent a request that this server could not understand.")
            headers.append((name.title(), value.strip()))
        return self._begun(words, headers)

    def _begun(self, words, headers):
        said = dict(headers)
        connection = said.get("Connection", "").lower()
        keeps_alive = connection != "close" if words[2] == "HTTP/1.1" else connection == "keep-alive"
        message = Message(words[0], words[1], headers, keeps_alive)
        self.expected = said.get("Expect", "").lower() == "100-continue"
        coding, length = said.get("Transfer-Encoding"), said.get("Content-Length", "0")
        if coding is not None:
            if coding.lower() != "chunked" or "Content-Length" in said:
                raise Refusal(400, "The body of a request comes with a Content-Length or in chunks.")
            self.is_chunked, self.chunks = True, bytearray()
            return message
        if not length.isascii() or not length.isdigit():
            raise Refusal(400, "The Content-Length is not a number.")
        self.is_chunked, self.length = False, int(length)
        self._check(self.length)
        return message

    def _check(self, length):
        if length > self.largest:
            raise Refusal(413, f"The body of a request may have {self.largest} bytes at most.")

    def _plain(self):
        if len(self.found) < self.length:
            return None
        body = bytes(self.found[: self.length])
        del self.found[: self.length]
        return body

    def _chunks(self):
        while True:
            end = self.found.find(b"\r\n")
            if end < 0:
                return None
            try:
                size = int(bytes(self.found[:end]).partition(b";")[0], 16)
            except ValueError:
                raise Refusal(400, "A chunk of the body has no size.") from None
            self._check(len(self.chunks) + size)
            if size == 0:
                return self._trailer(end)
            if len(self.found) < end + 2 + size + 2:
                return None
            self.chunks += self.found[end + 2 : end + 2 + size]
            del self.found[: end + 2 + size + 2]

    def _trailer(self, end):
        # nothing, or headers that say nothing to us, and an empty line
        last = self.found.find(END_OF_HEAD, end)
        if last < 0:
            return None
        del self.found[: last + len(END_OF_HEAD)]
        return bytes(self.chunks)


def written(status, headers, body, is_open, bodiless=False):
    """An answer as bytes. ``bodiless`` answers a HEAD."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {one_line(value)}" for name, value in headers]
    if not is_open:
        lines.append("Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    return head if bodiless else head + body


def one_line(value):
    """A header's value with nothing in it that would begin another header."""
    return str(value).replace("\r", " ").replace("\n", " ")
