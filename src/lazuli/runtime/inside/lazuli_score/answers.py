"""What a request is answered: routes, statuses, bodies and headers, as Azure's inference server has them."""

import hmac
import json
import logging
import signal
import time
import uuid

from lazuli_score.monitoring import NAMES, Collector
from lazuli_score.request import TEXT, pairs
from lazuli_score.trouble import Refusal, TimedOut, trace

JSON = "application/json"
VERSION = "lazuli_score/1.0"
LONGEST_ID = 100
METHODS = {
    "/": ("GET", "HEAD", "OPTIONS"),
    "/score": ("GET", "POST", "OPTIONS"),
    "/swagger.json": ("GET", "HEAD", "OPTIONS"),
}
UNKNOWN = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and "
    "try again."
)
NO_KEY = "Send a key: 'Authorization: Bearer …'."
NOT_ALLOWED = "The method is not allowed for the requested URL."
FAILED = "An unexpected error occurred in scoring script. Check the logs for more info."
UNEXPECTED = "An unexpected internal error occurred. Check the logs for more info."
COLLECTS = "x-lazuli-collects"
"""Tells the endpoint's front which streams the script keeps by itself."""
RAN, TOOK = "x-ms-run-function-failed", "x-ms-run-fn-exec-ms"

log = logging.getLogger("lazuli_score")


class Answer:
    """A status, headers as pairs, and a body."""

    def __init__(self, status, body=b"", kind=JSON, failed="False", more=()):
        self.status, self.body = status, body
        self.headers = [("Content-Type", kind), ("Content-Length", len(body))]
        if failed:
            self.headers.append((RAN, failed))
        self.headers += more

    @classmethod
    def error(cls, status, message, failed="False"):
        """An answer that tells what went wrong."""
        return cls(status, json.dumps({"message": message}).encode(), failed=failed)


class Answers:
    """Answers requests for one script."""

    def __init__(self, script, documents, settings):
        self.script, self.documents = script, documents
        self.timeout_ms, self.origins = settings.timeout_ms, settings.origins
        self.keys = settings.keys

    def to(self, message):
        """The answer to a request. It raises nothing."""
        began = time.perf_counter()
        methods = METHODS.get(message.path)
        if methods is None or message.method not in methods:
            answer = Answer.error(404, UNKNOWN) if methods is None else Answer.error(405, NOT_ALLOWED)
        else:
            answer = self._marked(message)
        took = (time.perf_counter() - began) * 1000
        target = message.path + ("?" + message.query if message.query else "")
        level = logging.DEBUG if message.path == "/" else logging.INFO  # probes come all the time
        log.log(level, "%s %s %d %.3fms %d", message.method, target, answer.status, took, len(answer.body))
        return answer

    def _marked(self, message):
        """The answer of a route, with what tells whose it is."""
        try:
            names = identified(message)
        except Refusal as refusal:
            answer, names = Answer.error(refusal.status, str(refusal)), []
        else:
            NAMES.request = names[0][1]
            answer = self._routed(message)
        answer.headers += self._shared(message)
        if Collector.collect_for is not None and Collector.names:
            answer.headers.append((COLLECTS, ",".join(Collector.names)))
        answer.headers.append(("x-ms-server-version", VERSION))
        answer.headers += names
        return answer

    def _routed(self, message):
        if message.method == "OPTIONS":
            allowed = [] if message.path == "/score" else [("Allow", "HEAD, OPTIONS, GET")]
            return Answer(200, kind=TEXT, more=allowed)
        if message.path == "/":
            return Answer(200, b"Healthy", TEXT, failed="")
        if not self._lets_in(message.header("Authorization") or ""):
            return Answer(401, json.dumps({"message": NO_KEY}).encode(), more=[("WWW-Authenticate", "Bearer")])
        if message.path == "/swagger.json":
            return self._document(message)
        return self._scored(message)

    def _lets_in(self, said):
        """Whether a caller shows one of the keys; how long that takes tells nothing about them."""
        kind, _, key = said.partition(" ")
        shown = key.strip().encode()
        found = [hmac.compare_digest(shown, each) for each in self.keys]
        return not self.keys or (kind.lower() == "bearer" and any(found))

    def _document(self, message):
        version = dict(pairs(message.query)).get("version", "2")
        if version in self.documents:
            return Answer(200, self.documents[version].encode())
        known = ", ".join(self.documents)
        return Answer.error(404, f"Swagger version [{version}] is not valid. Supported versions: [{known}].")

    def _scored(self, message):
        try:
            run = self.script.call(message)
        except Refusal as refusal:
            return Answer.error(refusal.status, str(refusal))
        began = time.perf_counter()
        try:
            returned = within(self.timeout_ms, run)
        except TimedOut:
            log.error("run() was stopped: it took longer than %d ms.", self.timeout_ms)
            return Answer.error(500, f"Scoring timeout after {self.timeout_ms} ms", failed="True")
        except Refusal as refusal:  # of a model that needs no script
            return Answer.error(refusal.status, str(refusal))
        except BaseException as error:  # a script that exits has failed this one request
            log.error("run() failed.\n%s", trace(error))
            return Answer.error(500, FAILED, failed="True")
        took = "%.3f" % ((time.perf_counter() - began) * 1000)
        try:
            return said(returned, took)
        except Exception as error:
            log.error("What run() returned cannot be sent.\n%s", trace(error))
            return Answer.error(500, UNEXPECTED)

    def _shared(self, message):
        """Headers that let pages of other origins read the answer."""
        origin = message.header("Origin")
        if origin is None or not (origin in self.origins or "*" in self.origins):
            return []
        headers = [("Access-Control-Allow-Origin", origin)]
        if message.method == "OPTIONS":
            asked = message.header("Access-Control-Request-Headers")
            headers += [("Access-Control-Allow-Headers", asked)] if asked else []
            headers.append(("Access-Control-Allow-Methods", "GET, POST"))
        return [*headers, ("Vary", "Origin")]


def identified(message):
    """The headers that name a request. Raises :class:`Refusal` for a name that is too long."""
    given = message.header("X-Request-Id")
    asked, client = message.header("X-Ms-Request-Id"), message.header("X-Ms-Client-Request-Id")
    if len(given or "") > LONGEST_ID:
        raise Refusal(431, f"x-request-id must not exceed {LONGEST_ID} characters")
    if len(asked or "") > LONGEST_ID or len(client or "") > LONGEST_ID:
        raise Refusal(431, f"x-ms-request-id and x-ms-client-request-id must not exceed {LONGEST_ID} characters")
    given = given or str(uuid.uuid4())
    names = [("x-request-id", given), ("x-ms-request-id", asked or client or given)]
    if client or asked:
        names.append(("x-ms-client-request-id", client or asked))
    trace_id = message.header("Traceid")
    return [*names, ("TraceId", trace_id)] if trace_id else names


def within(timeout_ms, run):
    """What a function returns. Raises :class:`TimedOut` in the midst of one that takes too long."""
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, timeout_ms / 1000)
    try:
        return run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def stop(number, frame):
    """End what runs now."""
    raise TimedOut


def said(returned, took):
    """The answer that holds what ``run()`` returned. Raises what ``json`` raises for what is no JSON."""
    if hasattr(returned, "status_code") and hasattr(returned, "headers") and hasattr(returned, "get_data"):
        body = returned.get_data()
        failed = str(bool(getattr(returned, "run_function_failed", False)))
        own = [(name, value) for name, value in returned.headers.items() if name.lower() != "content-length"]
        kind = next((value for name, value in own if name.lower() == "content-type"), TEXT)
        more = [pair for pair in own if pair[0].lower() not in ("content-type", RAN)]
        return Answer(returned.status_code, body, kind, failed, [*more, (TOOK, took)])
    body = json.dumps({} if returned is None else returned).encode()
    return Answer(200, body, more=[(TOOK, took)])
