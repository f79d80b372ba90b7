"""What all tests share: no skip in CI, and ``@pytest.mark.needs("psql")`` for tests that need a program."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from typing import TypeVar

import hatch_build
import pytest
from hypothesis import settings

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
# How long an example takes is no matter of right and wrong: a busy machine would fail tests by it.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def pytest_configure(config: pytest.Config) -> None:
    """Environments of jobs get the package azureml as it is now."""
    if not hasattr(config, "workerinput"):
        hatch_build.wheel()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs are not installed."""
    wanted = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    if missing := [tool for tool in wanted if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)} (.ci/packages.txt names what CI installs)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is skipped silently: what is missing there is missing from CI."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for whole files that skip themselves."""
    return _refuse_skip((yield))


def _refuse_skip(report: Report) -> Report:
    if IN_CI and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {reason}"
    return report
