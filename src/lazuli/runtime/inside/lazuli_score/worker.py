"""A process that serves the script: one thread, one request at a time, over as many connections as come."""

import io
import logging
import os
import selectors
import signal
import socket
import sys

from lazuli_score import offered, signature, swagger
from lazuli_score.answers import Answer, Answers
from lazuli_score.messages import CONTINUE, Reader, written
from lazuli_score.mlflow_model import Served
from lazuli_score.monitoring import Collector
from lazuli_score.pages import Collect
from lazuli_score.script import Script, loaded
from lazuli_score.trouble import Refusal, trace

SENDS_S = 10
"""How long a client may let an answer wait to be read."""
BACKLOG = 512
PIECE = 256 * 1024
CANNOT_START = 3
"""The exit code of a process whose script cannot be served."""

log = logging.getLogger("lazuli_score")


def work(settings, place, desk):
    """Load the script and serve it at a place until SIGTERM. The exit code; ``desk`` is told what this worker does."""
    speak(settings.log_level)
    os.chdir(settings.root)
    os.environ.setdefault("AML_APP_ROOT", settings.root)
    os.environ.setdefault("AZUREML_ENTRY_SCRIPT", settings.script)
    offered.offer()
    Collector.collect_for = Collect(settings.collect) if settings.collect else None
    try:
        script = Script(Served() if settings.is_mlflow else loaded(settings.root, settings.script))
        script.init()
        documents = swagger.documents(script.run, settings.root, signature.told(script.module))
    except BaseException as error:
        log.error("The script cannot be served.\n%s", trace(error))
        return CANNOT_START
    listener = listening(place) if isinstance(place, str) else place
    log.info("Ready: worker %d serves %s.", os.getpid(), "the model" if settings.is_mlflow else settings.script)
    desk.ready()
    Worker(listener, Answers(script, documents, settings), settings.largest, desk).serve()
    return 0


def listening(path):
    """A socket at a path. Nobody can connect before this: who stands before several workers then asks another one."""
    if os.path.exists(path):  # of one that was killed
        os.unlink(path)
    line = socket.socket(socket.AF_UNIX)
    line.bind(path)
    os.chmod(path, 0o600)
    line.listen(BACKLOG)
    return line


def speak(level):
    """Have everything that is printed or logged go out line by line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    words = "%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s"
    logging.basicConfig(level=getattr(logging, level), format=words, stream=sys.stdout)


class Connection:
    """A client's socket, and what came over it."""

    def __init__(self, line, largest):
        self.line = line
        self.reader = Reader(largest)

    def send(self, data):
        """Send all of it; whether the client took it."""
        try:
            self.line.settimeout(SENDS_S)
            self.line.sendall(data)
            self.line.setblocking(False)
        except OSError:  # it has gone, or reads too slowly for those who wait behind it
            return False
        return True


class Worker:
    """The loop that reads requests and writes answers."""

    def __init__(self, listener, answers, largest, desk):
        self.listener, self.answers, self.largest, self.desk = listener, answers, largest, desk
        self.selector = selectors.DefaultSelector()
        self.ending = False

    def serve(self):
        """Serve until SIGTERM, and then end what is being answered."""
        bell, ring = socket.socketpair()
        for end in (bell, ring, self.listener):
            end.setblocking(False)
        signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._end)
        self.selector.register(bell, selectors.EVENT_READ, lambda: bell.recv(PIECE))
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        while not self.ending:
            for key, _ in self.selector.select():
                if not self.ending:
                    key.data()
        signal.set_wakeup_fd(-1)

    def _end(self, number, frame):
        self.ending = True

    def _accept(self):
        try:
            line, _ = self.listener.accept()
        except OSError:  # another worker was quicker, or the client gave up
            return
        line.setblocking(False)
        if line.family == socket.AF_INET:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(line, self.largest)
        self.selector.register(line, selectors.EVENT_READ, lambda: self._read(connection))

    def _read(self, connection):
        try:
            piece = connection.line.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        connection.reader.found += piece
        if not piece or not self._answer(connection):
            self.selector.unregister(connection.line)
            connection.line.close()

    def _answer(self, connection):
        """Answer what is there; whether the connection stays."""
        reader = connection.reader
        while not self.ending:
            try:
                message = reader.next()
            except Refusal as refusal:
                answer = Answer.error(refusal.status, str(refusal))
                connection.send(written(answer.status, answer.headers, answer.body, is_open=False))
                return False
            if message is None:
                return not reader.waits_for_word() or connection.send(CONTINUE)
            self.desk.busy()
            answer = self.answers.to(message)
            self.desk.idle()
            stays = message.keeps_alive and not self.ending
            data = written(answer.status, answer.headers, answer.body, stays, message.method == "HEAD")
            if not connection.send(data) or not stays:
                return False
        return False
