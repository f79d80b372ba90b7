"""Microsoft's client from Python: what can be known without it. The rest is driven in tests/clients."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lazuli.azure
from lazuli.schema.problems import Unavailable


def test_nothing_of_microsofts_is_imported_before_it_is_asked_for() -> None:
    program = "import sys, lazuli.azure; print([m for m in sys.modules if m.partition('.')[0] in ('azure', 'msal')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_where_no_server_runs_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No Lazuli server runs"):
        lazuli.azure.credential(tmp_path)
