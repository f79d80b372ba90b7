"""The key vault: secrets are kept, told to whom they are for, and gone with their workspace."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.workspaces.test_workspaces import ME, make, platform, shelf

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.problems import InvalidInput, NotAllowed, NotFound
from lazuli.server.platform import Platform
from lazuli.shelves.principal import Principal
from lazuli.workspaces.vault import Vault

__all__ = ["platform"]


@pytest.fixture
def scope(platform: Platform) -> Scope:
    return make(platform, "one").id.scope


@pytest.fixture
def vault(platform: Platform) -> Vault:
    return platform.vault


def job(scope: Scope, name: str = "train") -> Principal:
    return Principal(name, "me", "job", f"{scope.key}/jobs/{name}")


def test_a_secret_is_told_again_in_any_case_until_it_is_deleted(vault: Vault, scope: Scope) -> None:
    vault.set(scope, "Db-Password", "pässword")
    assert vault.show(scope, "dB-pASSWORD", ME).value == "pässword"
    assert vault.show(scope, "db-password", ME).name == "Db-Password"
    assert vault.delete(scope, "db-password") and not vault.delete(scope, "db-password")
    with pytest.raises(NotFound):
        vault.show(scope, "db-password", ME)


def test_lists_tell_no_values(vault: Vault, scope: Scope) -> None:
    vault.set(scope, "b", "hunter2", for_jobs=True)
    vault.set(scope, "a", "hunter3")
    listed = vault.list(scope, ME)
    assert [(s.name, s.for_jobs, s.value) for s in listed] == [("a", False, ""), ("b", True, "")]
    assert "hunter" not in repr(vault.show(scope, "b", ME))


def test_a_job_reads_what_is_granted_to_jobs_alone(vault: Vault, scope: Scope) -> None:
    vault.set(scope, "granted", "hunter2", for_jobs=True)
    vault.set(scope, "kept", "hunter3")
    assert vault.show(scope, "granted", job(scope)).value == "hunter2"
    with pytest.raises(NotAllowed, match="not granted to jobs"):
        vault.show(scope, "kept", job(scope))
    assert [s.name for s in vault.list(scope, job(scope))] == ["granted"]
    with pytest.raises(NotFound) as raised:
        vault.show(scope, "kep", job(scope))
    assert "kept" not in str(raised.value)


def test_setting_anew_leaves_who_may_read_it_unless_that_is_said(vault: Vault, scope: Scope) -> None:
    assert not vault.set(scope, "a", "1").for_jobs
    assert vault.set(scope, "a", "2", for_jobs=True).for_jobs
    assert vault.set(scope, "A", "3").for_jobs
    assert not vault.set(scope, "a", "4", for_jobs=False).for_jobs


def test_what_a_job_has_read_is_hidden_for_that_job_whatever_happens_to_it(vault: Vault, scope: Scope) -> None:
    vault.set(scope, "key", "first line\nx\nsecond line", for_jobs=True)
    vault.show(scope, "key", job(scope))
    vault.set(scope, "key", "later", for_jobs=True)
    vault.show(scope, "key", job(scope))
    vault.delete(scope, "key")
    assert set(vault.masks(ResourceId(scope, "jobs", "Train"))) == {
        b"first line\nx\nsecond line", b"first line", b"second line", b"later",
    }  # fmt: skip
    assert vault.masks(ResourceId(scope, "jobs", "other")) == []


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../x", "a_b", "ü", "x" * 128])
def test_a_name_that_cannot_be_is_refused(vault: Vault, scope: Scope, name: str) -> None:
    with pytest.raises(InvalidInput, match="not a name"):
        vault.set(scope, name, "value")


@pytest.mark.parametrize("value", [None, 7, "x" * 25_001])
def test_a_value_that_cannot_be_is_refused_without_telling_it(vault: Vault, scope: Scope, value: object) -> None:
    with pytest.raises(InvalidInput) as raised:
        vault.set(scope, "a", value)
    assert "xxx" not in str(raised.value)


def test_nothing_readable_lies_on_the_disk(vault: Vault, scope: Scope, tmp_path: Path) -> None:
    vault.set(scope, "a", "open-sesame", for_jobs=True)
    vault.show(scope, "a", job(scope))
    assert all(b"open-sesame" not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_workspace_made_anew_inherits_nothing(platform: Platform, vault: Vault, scope: Scope) -> None:
    vault.set(scope, "a", "1", for_jobs=True)
    vault.show(scope, "a", job(scope))
    other = make(platform, "two").id.scope
    vault.set(other, "a", "2")
    assert shelf(platform).delete(ResourceId(scope), ME)
    with pytest.raises(NotFound):
        vault.list(scope, ME)
    make(platform, "one")
    assert vault.list(scope, ME) == []
    assert vault.masks(ResourceId(scope, "jobs", "train")) == []
    assert vault.show(other, "a", ME).value == "2"
