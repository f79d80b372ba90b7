"""Two minutes in the life of an endpoint; ``tests/soak`` has half an hour of it."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.serving import soak


def test_no_request_fails_whatever_happens_to_an_endpoint(tmp_path: Path) -> None:
    soak(tmp_path, 120)
