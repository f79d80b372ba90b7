"""The one HTTP fetcher: what it asks is answered, or raised as the :class:`Problem` that the server meant."""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import httpx

from lazuli.schema.problems import InvalidInput, Problem, Unavailable, from_envelope

__all__ = ["Http", "Posts", "is_loopback"]

ATTEMPTS = 3
LONGEST_WAIT_S = 10.0
_IDEMPOTENT = {"GET", "HEAD", "PUT", "DELETE"}
_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_LONGEST_S = 60
_SCRIPT_FAILED = 424
"""How an endpoint says that it is the script that failed; its other answers are its own."""
_FRESH_S = 2.0
"""For how long a connection that rests is used again: servers close those that rest longer."""
_TIMEOUT = httpx.Timeout(_LONGEST_S, connect=5)


def is_loopback(url: str) -> bool:
    """Whether ``url`` points to this machine."""
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}


class Http:
    """A connection to one server. The token goes to that server alone, never to another address.

    Safe to use from several threads. A request that never left (connection refused), and an idempotent one answered
    with 503 and ``Retry-After``, is tried again; nothing else is.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        ca_file: str = "",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self._ca_file = ca_file
        self._sleep = sleep
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(
            base_url=self.url,
            timeout=_TIMEOUT,
            transport=transport,
            verify=_trust(self.url, ca_file),
            trust_env=not is_loopback(self.url),  # a proxy of the shell cannot reach this machine's own ports
            limits=httpx.Limits(max_connections=16),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    @property
    def authorization(self) -> Mapping[str, str]:
        """The header that says who asks."""
        return self._authorization

    @property
    def is_direct(self) -> bool:
        """Whether no proxy of the shell stands between."""
        return is_loopback(self.url) or not any(os.environ.get(word) for word in _PROXIES)

    def line(self) -> HTTPConnection:
        """A new connection of its own, straight to the server."""
        to = urlsplit(self.url)
        if to.scheme == "https":
            line: HTTPConnection = HTTPSConnection(to.netloc, timeout=5, context=_trust(self.url, self._ca_file))
        else:
            line = HTTPConnection(to.netloc, timeout=5)
        line.connect()
        line.sock.settimeout(_LONGEST_S)
        return line

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | list[str]] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON that the server answers; None for an empty answer.

        Raises the :class:`Problem` that the server tells, and :class:`Unavailable` where none answers.
        """
        response = self.respond(method, path, query=query, body=body, headers=headers)
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError:
            raise InvalidInput(f"What answers at {self.url} is not a Lazuli server.", target="url") from None

    def respond(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | list[str]] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The whole answer. A ``path`` with a host of its own is a signed URL and is asked without the token."""
        signed = "://" in path
        request = self._client.build_request(
            method,
            path,
            params=dict(query) if query else None,
            json=body,
            content=content,
            headers={**({} if signed else self._authorization), **(headers or {})},
        )
        for attempt in range(1, ATTEMPTS + 1):
            wait = 0.1 * 3 ** (attempt - 1)
            try:
                response = self._client.send(request)
            except httpx.ConnectError as error:
                if attempt == ATTEMPTS:
                    raise self._unreachable(error) from None
            except httpx.HTTPError as error:
                raise self._unreachable(error) from None
            else:
                if not response.is_error:
                    return response
                if method not in _IDEMPOTENT or attempt == ATTEMPTS or not _asks_to_wait(response):
                    raise problem_of(response)
                wait = min(float(response.headers["retry-after"]), LONGEST_WAIT_S)
            self._sleep(wait)
        raise AssertionError("the loop above returns or raises")

    @contextmanager
    def stream(self, path: str, *, headers: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        """The answer to a GET while it is still coming.

        Raises as :meth:`call`, and :class:`Unavailable` where the connection breaks half-way.
        """
        sent = {**({} if "://" in path else self._authorization), **(headers or {})}
        try:
            with self._client.stream("GET", path, headers=sent) as response:
                if response.is_error:
                    response.read()
                    raise problem_of(response)
                yield response
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: httpx.HTTPError) -> Unavailable:
        start = "Start it with 'lazuli up'." if is_loopback(self.url) else "Check the address, and that it runs."
        if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
            return Unavailable(f"The server at {self.url} did not answer in time.", mend="Try again in a moment.")
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return Unavailable(
                f"The certificate of {self.url} is not trusted.", mend="Name the CA that signed it in LAZULI_CA."
            )
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Unavailable(f"No Lazuli server answers at {self.url}.", mend=start, code="NoServer")
        return Unavailable(f"The connection to {self.url} broke: {error}.", mend="Try again in a moment.")


class Posts:
    """A connection straight to a server, on which an answer is read later than its request is sent.

    So nobody waits in between. One request at a time is without an answer. One thread at a time may use it.
    """

    def __init__(self, http: Http) -> None:
        """To the server of ``http``, with its token."""
        self._http = http
        self._line: HTTPConnection | None = None
        self._answered_at = 0.0

    def send(self, path: str, body: Any) -> None:
        """Send JSON. Raises :class:`Unavailable` where that cannot be; else :meth:`answer` is what to call next."""
        headers = {"Content-Type": "application/json", **self._http.authorization}
        if time.monotonic() > self._answered_at + _FRESH_S:
            self.close()
        try:
            self._line = self._line or self._http.line()
            self._line.request("POST", path, json.dumps(body).encode(), headers)
        except OSError as error:
            self._broken(error)

    def answer(self) -> Any:
        """What the server answers to what was sent last. Raises the :class:`Problem` that it tells."""
        if self._line is None:
            raise Unavailable(f"The connection to {self._http.url} broke.", mend="Try again in a moment.")
        try:
            response = self._line.getresponse()
            told = response.read()
        except (OSError, HTTPException) as error:
            self._broken(error)
        self._answered_at = time.monotonic()
        answered = httpx.Response(response.status, headers=response.getheaders(), content=told)
        if answered.is_error:
            raise problem_of(answered)
        return answered.json() if told else None

    def close(self) -> None:
        """Give the connection back."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _broken(self, error: Exception) -> NoReturn:
        self.close()
        raise Unavailable(f"The connection to {self._http.url} broke: {error}.", mend="Try again.") from None


def _trust(url: str, ca_file: str) -> ssl.SSLContext:
    """Whom to believe: the CA named, else the machine's. Over plain http nobody, which also starts faster."""
    if not url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError):
        raise InvalidInput(
            f"The CA file '{ca_file}' cannot be read.",
            target="LAZULI_CA",
            mend="Print a fresh environment with 'lazuli client-env'.",
        ) from None


def _asks_to_wait(response: httpx.Response) -> bool:
    return response.status_code == 503 and response.headers.get("retry-after", "").isdigit()


def problem_of(response: httpx.Response) -> Problem:
    """The problem that an answer tells; storage names its own in a header and says the rest in XML."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if code := response.headers.get("x-ms-error-code"):
        body = body or {"error": {"code": code, "message": f"Storage refused: {code}."}}
    if isinstance(body, dict) and "error" not in body and isinstance(body.get("message"), str):  # an endpoint's words
        code = "ScoringFailed" if response.status_code == _SCRIPT_FAILED else "NotAnswered"
        body = {"error": {"code": code, "message": body["message"]}}
    return from_envelope(response.status_code, body)
