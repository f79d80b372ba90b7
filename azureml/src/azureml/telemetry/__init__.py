"""Nothing is told to anybody, whatever is asked for."""

from __future__ import annotations

import logging

__all__ = ["INSTRUMENTATION_KEY", "get_telemetry_log_handler", "set_diagnostics_collection"]

INSTRUMENTATION_KEY = "00000000-0000-0000-0000-000000000000"


def set_diagnostics_collection(send_diagnostics: bool = True) -> None:
    """Change nothing: there is nothing to switch off."""


def get_telemetry_log_handler(
    instrumentation_key: str | None = None,
    component_name: str | None = None,
    path: str | None = None,
    proceed_in_hbi_mode: bool = False,
) -> logging.Handler:
    """A handler that keeps what it is given to itself."""
    return logging.NullHandler()
