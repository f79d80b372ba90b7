"""Half an hour in the life of an endpoint."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.journeys.serving import soak

SECONDS = float(os.environ.get("LAZULI_SERVING_SECONDS", "1800"))


@pytest.mark.timeout(7200)
def test_no_request_fails_whatever_happens_to_an_endpoint(tmp_path: Path) -> None:
    soak(tmp_path, SECONDS)
