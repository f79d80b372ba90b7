"""Tokens and what their holders may do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from tests.workspaces.leases import ended, leased

from lazuli.schema.identity import Scope
from lazuli.schema.problems import NotAllowed, NotSignedIn
from lazuli.shelves.principal import Principal
from lazuli.store.opened import Store, open_store
from lazuli.store.settings import Settings
from lazuli.workspaces.access import TENANT, Access

HOME, ELSEWHERE = Scope("sub", "group", "Home"), Scope("sub", "group", "Home2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(Settings(data_dir=tmp_path))
    yield store
    store.close()


def key(store: Store) -> str:
    return (store.settings.data_dir / "token").read_text().strip()


def test_the_first_key_is_the_admins_at_every_start(store: Store) -> None:
    first = Access(store)
    admin = first.principal_of(key(store))
    assert (admin.name, admin.role) == ("admin", "admin")
    again = Access(store)
    assert again.principal_of(key(store)) == admin == again.admin()
    assert again.identity_header == first.identity_header


def test_a_key_whose_file_is_removed_is_withdrawn(store: Store) -> None:
    before = Access(store).admin()
    old = key(store)
    (store.settings.data_dir / "token").unlink()
    access = Access(store)
    assert key(store) != old
    assert access.principal_of(key(store)) == before
    with pytest.raises(NotSignedIn):
        access.principal_of(old)


def test_keys_are_kept_as_hashes(store: Store) -> None:
    Access(store)
    assert key(store).encode() not in (store.settings.data_dir / "state.db").read_bytes()


def test_an_access_token_names_its_holder_audience_and_end(store: Store) -> None:
    access = Access(store)
    token, ends = access.access_token(access.admin(), "https://ml.azure.local")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["tid"], claims["exp"]) == ("https://ml.azure.local", TENANT, ends)
    assert access.principal_of(token) == access.admin()


def test_a_token_ends(store: Store) -> None:
    past = replace(store, clock=lambda: 1_000_000_000_000)
    token, _ = Access(past).access_token(Access(past).admin(), "x")
    with pytest.raises(NotSignedIn):
        Access(store).principal_of(token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.c.d", "ü", "x" * 10_000])
def test_nonsense_is_nobodys(store: Store, token: str) -> None:
    with pytest.raises(NotSignedIn):
        Access(store).principal_of(token)


def test_a_job_reads_and_tracks_at_home(store: Store) -> None:
    access = Access(store)
    job = access.principal_of(access.job_token("someone", HOME, "J1", leased(store, HOME, "J1")))
    assert (job.role, job.name) == ("job", "someone")
    for permission in ("jobs/read", "data/read", "runs/write", "experiments/write", "artifacts/write"):
        access.check(job, permission, HOME)
        access.check(job, permission, Scope("SUB", "Group", "hOME"))
        for scope in (ELSEWHERE, Scope("sub", "group", "Hom"), Scope("sub", "other", "Home"), None):
            with pytest.raises(NotAllowed):
                access.check(job, permission, scope)
    for permission in ("jobs/write", "models/write", "connections/secrets", "workspaces/delete"):
        with pytest.raises(NotAllowed):
            access.check(job, permission, HOME)


def test_a_jobs_token_ends_with_the_job_and_fits_no_other_of_its_name(store: Store) -> None:
    now = [1_800_000_000_000]
    access = Access(replace(store, clock=lambda: now[0]))
    born = leased(store, HOME, "J2")
    job = Principal("J2", "someone", "job", f"{HOME.key}/jobs/j2", born)
    access.check(job, "runs/write", HOME)
    with pytest.raises(NotAllowed):
        access.check(replace(job, born=born - 1), "runs/write", HOME)
    ended(store, HOME, "J2")
    now[0] += 2_000
    with pytest.raises(NotAllowed):
        access.check(job, "runs/write", HOME)


def test_other_roles_may_nothing(store: Store) -> None:
    access = Access(store)
    for principal in (Principal("x", "x", "none"), Principal("x", "x", "job"), Principal("x", "x", "Admin")):
        with pytest.raises(NotAllowed):
            access.check(principal, "jobs/read", HOME)
    access.check(access.admin(), "jobs/delete", None)
