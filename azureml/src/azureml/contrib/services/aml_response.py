"""An answer that says its own status and headers."""

from __future__ import annotations

import json
from typing import Any, Mapping

__all__ = ["AMLResponse"]


class AMLResponse:
    """What ``run()`` answers: a text, bytes, or with ``json_str`` a value that is written as JSON.

    ``run_function_failed`` tells callers that the script failed, whatever the status.
    """

    def __init__(
        self,
        message: Any,
        status_code: int,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        self.status_code = status_code
        self.run_function_failed = run_function_failed
        kind = "application/json" if json_str else "text/html; charset=utf-8"
        self.headers: dict[str, str] = {"Content-Type": kind, **(response_headers or {})}
        said = json.dumps(message) if json_str else message
        self.data: bytes = said if isinstance(said, bytes) else str(said).encode("utf-8")

    def get_data(self, as_text: bool = False) -> Any:
        """The body, as bytes or as text."""
        return self.data.decode("utf-8", "replace") if as_text else self.data

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.data.decode("utf-8"))
