"""``lazuli keyvault`` and ``lazuli insights``, on a server that runs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_a_secret_from_a_file_is_shown_and_deleted(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("hünter2\n", encoding="utf-8")
    told = lazuli("keyvault", "secret", "set", "-n", "api-key", "--file", "key.txt", "--jobs")
    assert "jobs: true" in told.output and "nter2" not in told.output
    shown = json.loads(lazuli("keyvault", "secret", "show", "-n", "api-key", "-o", "json").stdout)
    assert (shown["value"], shown["name"], shown["jobs"]) == ("hünter2", "api-key", True)
    lazuli("keyvault", "secret", "set", "-n", "api-key", "--value", "other", "--no-jobs")
    listed = lazuli("keyvault", "secret", "list").output
    assert "api-key" in listed and "other" not in listed and "false" in listed
    assert "Say so with --yes" in lazuli("keyvault", "secret", "delete", "-n", "api-key", fails=1).output
    lazuli("keyvault", "secret", "delete", "-n", "api-key", "--yes")
    assert "There is no secret" in lazuli("keyvault", "secret", "delete", "-n", "api-key", "-y", fails=1).output
    assert "There is no secret" in lazuli("keyvault", "secret", "show", "-n", "api-key", fails=1).output


def test_one_value_from_one_place(lazuli: Run, workspace: str, tmp_path: Path) -> None:
    (tmp_path / "v").write_text("x", encoding="utf-8")
    both = lazuli("keyvault", "secret", "set", "-n", "a", "--value", "x", "--file", "v", fails=1)
    assert "cannot both be given" in both.output


def test_insights_tell_what_was_asked(lazuli: Run, workspace: str) -> None:
    lazuli("job", "show", "-n", "never-was", fails=1)
    found = json.loads(lazuli("insights", "--contains", "never-was", "--since", "5m", "-o", "json").stdout)
    assert {(event["kind"], event["operation"], event["status"]) for event in found} == {
        ("request", "Show: job", "404")
    }
    assert "Show: job" in lazuli("insights", "--kind", "request", "--contains", "never-was").output
    assert "Nothing of that" in lazuli("insights", "--until", "2000-01-01").output
    assert "is not a time" in lazuli("insights", "--since", "long ago", fails=1).output
