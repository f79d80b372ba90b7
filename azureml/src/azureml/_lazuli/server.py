"""The one way to the server: what is asked is answered, or raised as what the server told."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping
from urllib.parse import urlsplit

from azureml._lazuli import place
from azureml.exceptions import AuthenticationException, ServiceException, UserErrorException

_ATTEMPTS = 4
_TIMEOUT = (5, 120)
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server:
    """A server, and the token that opens it. Safe to use from several threads."""

    def __init__(self, at: place.Place) -> None:
        self.url = at.url.rstrip("/")
        self.token = at.token
        self._ca_file = at.ca_file
        self._local = threading.local()

    @classmethod
    def find(cls) -> Server:
        """The server that the surroundings name."""
        return cls(place.find())

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer; None for an empty one. Raises :class:`ServiceException` for what is refused."""
        response = self.respond(method, path, json=body, params=query, headers=headers)
        return response.json() if response.content else None

    def found(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The JSON at an address; None where there is nothing."""
        try:
            return self.call("GET", path, query=query)
        except ServiceException as refused:
            if refused.status_code == 404:
                return None
            raise

    def pages(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Each item of a list, over all of its pages."""
        page = self.call("GET", path, query=query)
        while True:
            yield from page["value"]
            if not page.get("nextLink"):
                return
            page = self.call("GET", page["nextLink"])

    def token_pages(self, method: str, path: str, asked: Mapping[str, Any], of: str) -> Iterator[dict[str, Any]]:
        """Each of what a list of MLflow's holds under ``of``, over all of its pages."""
        asked = dict(asked)
        while True:
            page = self.call(method, path, query=asked) if method == "GET" else self.call(method, path, asked)
            yield from page.get(of) or ()
            if not page.get("next_page_token"):
                return
            asked["page_token"] = page["next_page_token"]

    def wait(self, path: str, is_over: Callable[[Any], bool], timeout: float | None = None, pause: float = 0.1) -> Any:
        """What is at an address as soon as it is over; TimeoutError where that takes more than ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            found = self.call("GET", path)
            if is_over(found):
                return found
            if until is not None and time.monotonic() > until:
                raise TimeoutError(path)
            time.sleep(pause)
            pause = min(pause * 1.3, 2.0)

    def respond(self, method: str, path: str, **said: Any) -> Any:
        """The whole answer (``requests.Response``).

        An address with a host of its own that is not this server's is signed, and asked without the token.
        """
        import requests

        url = path if "://" in path else f"{self.url}{path}"
        headers = dict(said.pop("headers", None) or {})
        if url.startswith(f"{self.url}/") and "sig=" not in url:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        said.setdefault("timeout", _TIMEOUT)
        is_own = urlsplit(url).hostname == urlsplit(self.url).hostname
        stream = said.get("data") if hasattr(said.get("data"), "seek") else None
        start = stream.tell() if stream else 0
        for attempt in range(1, _ATTEMPTS + 1):
            if stream:
                stream.seek(start)
            try:
                response = self._session(is_own).request(method, url, headers=headers, **said)
            except requests.ConnectionError as error:
                if attempt == _ATTEMPTS or not (method in _IDEMPOTENT or _never_left(error)):
                    raise self._unreachable(url, is_own, error) from None
            except requests.exceptions.InvalidJSONError as error:
                raise UserErrorException(f"What is sent to {url} cannot be JSON: {error}.") from None
            except requests.RequestException as error:
                raise self._unreachable(url, is_own, error) from None
            else:
                if response.ok:
                    return response
                if response.status_code != 503 or attempt == _ATTEMPTS or method not in _IDEMPOTENT:
                    raise told_by(response)
            time.sleep(0.1 * 3 ** (attempt - 1))
        raise AssertionError("the loop above returns or raises")

    def _unreachable(self, url: str, is_own: bool, error: Exception) -> ServiceException:
        at = self.url if is_own else "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if "CERTIFICATE_VERIFY_FAILED" in str(error) and is_own:
            return ServiceException(f"The certificate of {at} is not trusted. Name the CA that signed it in LAZULI_CA.")
        if _never_left(error) and is_own:
            return ServiceException(f"No Lazuli server answers at {at}. Start it with 'lazuli up', or set LAZULI_URL.")
        return ServiceException(f"The connection to {at} broke: {error}.")

    def _session(self, is_own: bool) -> Any:
        """The connections of this thread: to the server, and to others, which have proxies and CAs of their own."""
        sessions = self._local.__dict__.setdefault("sessions", {})
        if is_own not in sessions:
            import requests

            session = sessions[is_own] = requests.Session()
            if is_own:
                # A proxy of the shell cannot reach this machine's own ports.
                session.trust_env = urlsplit(self.url).hostname not in _LOOPBACK
                session.verify = self._ca_file or True
        return sessions[is_own]


@contextmanager
def raised_as(kind: Callable[[str], Exception], before: str = "") -> Iterator[None]:
    """Raise what the server refuses as an error of another class, with ``before`` in front of its words."""
    try:
        yield
    except ServiceException as refused:
        raise kind(f"{before}{refused.message}") from refused


def told_by(response: Any) -> Exception:
    """The error that an answer tells."""
    try:
        body = response.json()
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    code = error.get("code") or response.headers.get("x-ms-error-code", "")
    message = _whole(error) or (body.get("message") if isinstance(body, dict) else "") or response.text[:500]
    message = message or f"The server answered {response.status_code} {code}.".rstrip()
    if response.status_code == 401:
        return AuthenticationException(message)
    return ServiceException(message, response.status_code, code, error.get("target") or "")


def _whole(error: Mapping[str, Any]) -> str:
    """What is said in all, without what is said twice."""
    said = [str(error.get("message") or "")]
    said += [
        str(each["message"]) for each in error.get("details") or () if isinstance(each, dict) and each.get("message")
    ]
    return "\n".join(dict.fromkeys(part for part in said if part))


def _never_left(error: Exception) -> bool:
    return "NewConnectionError" in repr(error) or "Connection refused" in repr(error)
