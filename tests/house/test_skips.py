"""A skip is honest on a developer's machine and a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = """
import pytest

@pytest.mark.needs("no-such-program-anywhere")
def test_needs_a_program(): ...

def test_skips_itself(): pytest.skip("because")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_failure(): assert False

@pytest.mark.needs("sh")
def test_has_its_program(): ...
"""


@pytest.mark.parametrize(("ci", "told"), [("", "2 skipped"), ("true", "1 failed, 1 passed, 1 xfailed, 1 error")])
def test_skips_count_as_failures_in_ci_alone(tmp_path: Path, ci: str, told: str) -> None:
    shared = Path(__file__).parent.parent / "conftest.py"
    (tmp_path / "conftest.py").write_text(shared.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_sample.py").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs: a program\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(shared.parent.parent)},
    )
    assert told in done.stdout, done.stdout
    assert "1 passed, " in done.stdout
    assert "1 xfailed" in done.stdout
    assert "no-such-program-anywhere" in done.stdout
