"""A request as it came, for scripts that are tried without a server."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping, TypeVar
from urllib.parse import parse_qsl

__all__ = ["AMLRequest", "rawhttp"]

F = TypeVar("F", bound=Callable[..., Any])


def rawhttp(func: F) -> F:
    """Mark ``run()`` as one that takes an :class:`AMLRequest`. Called by hand, it takes whatever it is given."""
    return func


class AMLRequest:
    """A request of a WSGI ``environ``: ``REQUEST_METHOD``, ``PATH_INFO``, ``QUERY_STRING``, ``HTTP_…``, ``wsgi.input``.

    Behind an endpoint it has the fields and files of forms as well.
    """

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ.get("REQUEST_METHOD", "GET")
        self.path: str = environ.get("PATH_INFO", "/")
        self.query_string: bytes = environ.get("QUERY_STRING", "").encode("latin-1")
        self.args: dict[str, str] = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.content_type: str | None = environ.get("CONTENT_TYPE")
        self.headers: dict[str, str] = {
            name[len("HTTP_") :].replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if self.content_type:
            self.headers["Content-Type"] = self.content_type
        body = environ.get("wsgi.input")
        self.data: bytes = body.read(int(environ.get("CONTENT_LENGTH") or -1)) if body is not None else b""

    def get_data(self, cache: bool = True, as_text: bool = False) -> Any:
        """The body, as bytes or as text."""
        return self.data.decode("utf-8", "replace") if as_text else self.data

    def get_json(self, force: bool = False, silent: bool = False) -> Any:
        """The body, read as JSON. Raises ValueError for what is none, unless that is to be ``silent``."""
        try:
            if not (force or "json" in (self.content_type or "")):
                raise ValueError("The Content-Type is not 'application/json'.")
            return json.loads(self.data.decode("utf-8"))
        except ValueError:
            if silent:
                return None
            raise

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return self.get_json()
