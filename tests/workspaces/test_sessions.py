"""Sessions and named tokens: what opens, how often, how long, and what survives."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from lazuli.schema.problems import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn
from lazuli.shelves.principal import Principal
from lazuli.store import tables
from lazuli.store.opened import Store, open_store
from lazuli.store.settings import Settings
from lazuli.workspaces.access import Access

HOUR = 3_600_000


class Clock:
    now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = open_store(Settings(data_dir=tmp_path), clock)
    yield store
    store.close()


def key(store: Store) -> str:
    return (store.settings.data_dir / "token").read_text().strip()


def signed_out(access: Access, cookie: str, proof: str) -> bool:
    try:
        access.sessions.of(cookie, proof)
    except NotSignedIn:
        return True
    return False


def test_both_halves_open_and_neither_alone(store: Store) -> None:
    access = Access(store)
    one, other = (access.sessions.open(key(store), "Firefox on Linux") for _ in range(2))
    principal = access.sessions.of(one.cookie, one.proof).principal
    assert (principal.id, principal.name, principal.role) == (access.admin().id, "admin", "admin")
    assert principal.session == one.session.id
    for cookie, proof in ((one.cookie, ""), ("", one.proof), (one.cookie, other.proof), (one.proof, one.cookie)):
        assert signed_out(access, cookie, proof)


def test_nothing_that_opens_is_stored(store: Store) -> None:
    access = Access(store)
    code, _ = access.sessions.mint(access.admin())
    opened = access.sessions.open(key(store), "")
    _, token = access.tokens.create("ci", "admin", 1, access.admin())
    held = b"".join(file.read_bytes() for file in store.settings.data_dir.glob("state.db*"))
    assert not [word for word in (code, opened.cookie, opened.proof, token) if word.encode() in held]


def test_a_code_signs_in_once(store: Store) -> None:
    access = Access(store)
    code, _ = access.sessions.mint(access.admin())
    assert access.sessions.redeem(code, "").session.principal.name == "admin"
    with pytest.raises(NotSignedIn, match="used"):
        access.sessions.redeem(code, "")


def test_of_many_who_use_a_code_at_once_one_gets_in(store: Store) -> None:
    access = Access(store)
    code, _ = access.sessions.mint(access.admin())
    ready, got = threading.Barrier(8), []

    def try_it() -> None:
        ready.wait()
        try:
            got.append(access.sessions.redeem(code, ""))
        except NotSignedIn:
            got.append(None)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8 and sum(each is not None for each in got) == 1
    assert len(access.sessions.list()) == 1


def test_a_code_ends_after_a_quarter_of_an_hour(store: Store, clock: Clock) -> None:
    access = Access(store)
    late, soon = access.sessions.mint(access.admin())[0], access.sessions.mint(access.admin())[0]
    clock.now += 15 * 60_000 - 1
    access.sessions.redeem(soon, "")
    clock.now += 1
    with pytest.raises(NotSignedIn):
        access.sessions.redeem(late, "")


def test_a_session_ends_when_it_is_not_used_and_goes_on_when_it_is(store: Store, clock: Clock) -> None:
    access = Access(store)
    idle, busy = (access.sessions.open(key(store), "") for _ in range(2))
    clock.now += 12 * HOUR - 1
    access.sessions.of(busy.cookie, busy.proof)
    clock.now += 1
    assert signed_out(access, idle.cookie, idle.proof)
    assert not signed_out(access, busy.cookie, busy.proof)
    assert [each.id for each in access.sessions.list()] == [busy.session.id]
    access.note_uses()
    with store.state.read() as tx:
        assert tx.execute(select(tables.studio_session.c.id)).scalars().all() == [busy.session.id]


def test_a_session_ends_after_thirty_days_however_much_it_is_used(store: Store, clock: Clock) -> None:
    access = Access(store)
    opened = access.sessions.open(key(store), "")
    for _ in range(30 * 24 // 8 - 1):
        clock.now += 8 * HOUR
        access.sessions.of(opened.cookie, opened.proof)
    clock.now += 8 * HOUR
    assert signed_out(access, opened.cookie, opened.proof)


def test_a_session_survives_a_server_that_is_killed(store: Store, tmp_path: Path) -> None:
    access = Access(store)
    program = """
import os, sys, pathlib
from lazuli.store.opened import open_store
from lazuli.store.settings import Settings
from lazuli.workspaces.access import Access
folder = pathlib.Path(sys.argv[1])
opened = Access(open_store(Settings(data_dir=folder))).sessions.open((folder / "token").read_text().strip(), "")
print(opened.cookie, opened.proof, flush=True)
os.kill(os.getpid(), 9)
"""
    folder = tmp_path / "killed"
    folder.mkdir()
    (folder / "token").write_text("a-key-of-its-own")
    ended = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    cookie, proof = ended.stdout.split()
    again = open_store(Settings(data_dir=folder))
    assert Access(again).sessions.of(cookie, proof).principal.name == "admin"
    again.close()
    assert signed_out(access, cookie, proof)  # another server's


def test_when_it_was_used_last_is_known_after_a_restart(store: Store, clock: Clock) -> None:
    access = Access(store)
    opened = access.sessions.open(key(store), "")
    clock.now += 11 * HOUR
    access.sessions.of(opened.cookie, opened.proof)
    access.note_uses()
    clock.now += 11 * HOUR
    assert not signed_out(Access(store), opened.cookie, opened.proof)


def test_a_revoked_session_opens_nothing_at_once(store: Store) -> None:
    access = Access(store)
    opened = access.sessions.open(key(store), "")
    access.sessions.of(opened.cookie, opened.proof)
    access.sessions.revoke(opened.session.id, access.admin())
    assert signed_out(access, opened.cookie, opened.proof)
    with pytest.raises(NotFound):
        access.sessions.revoke(opened.session.id, access.admin())


def test_with_the_key_go_its_sessions_and_codes(store: Store) -> None:
    before = Access(store)
    opened = before.sessions.open(key(store), "")
    code, _ = before.sessions.mint(before.admin())
    (store.settings.data_dir / "token").unlink()
    after = Access(store)
    assert signed_out(after, opened.cookie, opened.proof)
    assert after.sessions.list() == []
    with pytest.raises(NotSignedIn):
        after.sessions.redeem(code, "")
    fresh = after.sessions.open(key(store), "")
    assert not signed_out(after, fresh.cookie, fresh.proof)


def test_a_named_token_opens_by_its_name_until_it_is_revoked(store: Store) -> None:
    access = Access(store)
    made, token = access.tokens.create("ci", "reader", 7, access.admin())
    assert access.principal_of(token) == Principal(made.id, "ci", "reader")
    opened = access.sessions.open(token, "")
    assert access.sessions.of(opened.cookie, opened.proof).principal.role == "reader"
    code, _ = access.sessions.mint(replace(access.admin(), session=opened.session.id))
    access.tokens.revoke("ci", access.admin())
    with pytest.raises(NotSignedIn):
        access.principal_of(token)
    assert signed_out(access, opened.cookie, opened.proof)
    with pytest.raises(NotSignedIn):
        access.sessions.redeem(code, "")
    assert access.tokens.list() == []


def test_a_token_that_was_tried_before_it_was_made_opens(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access(store)
    monkeypatch.setattr("lazuli.workspaces.tokens.random_token", lambda: "foreseen")
    with pytest.raises(NotSignedIn):
        access.principal_of("foreseen")
    access.tokens.create("late", "admin", 1, access.admin())
    assert access.principal_of("foreseen").name == "late"


def test_a_named_token_ends_and_its_sessions_with_it(store: Store, clock: Clock) -> None:
    access = Access(store)
    _, token = access.tokens.create("short", "admin", 1, access.admin())
    clock.now += 24 * HOUR - 1
    opened = access.sessions.open(token, "")
    assert access.principal_of(token).name == "short"
    clock.now += 1
    with pytest.raises(NotSignedIn):
        access.principal_of(token)
    assert signed_out(access, opened.cookie, opened.proof)
    with pytest.raises(NotSignedIn):
        access.sessions.open(token, "")


def test_when_a_token_was_used_last_is_told(store: Store, clock: Clock) -> None:
    access = Access(store)
    _, token = access.tokens.create("ci", "admin", 7, access.admin())
    assert access.tokens.list()[0].used_at == 0
    clock.now += HOUR
    access.principal_of(token)
    assert access.tokens.list()[0].used_at == clock.now
    access.note_uses()
    assert Access(store).tokens.list()[0].used_at == clock.now


@pytest.mark.parametrize(
    ("name", "role", "days", "problem"),
    [
        ("admin", "admin", 1, Conflict),
        ("twice", "admin", 1, Conflict),
        ("a/b", "admin", 1, InvalidInput),
        ("", "admin", 1, InvalidInput),
        ("x", "job", 1, InvalidInput),
        ("x", "root", 1, InvalidInput),
        ("x", "admin", 0, InvalidInput),
        ("x", "admin", 10**6, InvalidInput),
    ],
)
def test_a_token_is_named_well(store: Store, name: str, role: str, days: int, problem: type[Exception]) -> None:
    access = Access(store)
    access.tokens.create("twice", "admin", 1, access.admin())
    with pytest.raises(problem):
        access.tokens.create(name, role, days, access.admin())


def test_a_reader_reads_and_no_more(store: Store) -> None:
    access, reader = Access(store), Principal("id", "anna", "reader")
    for permission in ("jobs/read", "workspaces/read", "artifacts/read", "session/delete", "session/read"):
        access.check(reader, permission, None)
    for permission in (
        "jobs/write",
        "secrets/read",
        "tokens/read",
        "sessions/read",
        "sessions/write",
        "datastores/secrets",
    ):
        with pytest.raises(NotAllowed):
            access.check(reader, permission, None)


def test_a_job_signs_nobody_in(store: Store) -> None:
    access = Access(store)
    job = Principal("job1", "someone", "job", "/x/jobs/job1")
    with pytest.raises(NotAllowed):
        access.sessions.mint(job)
    for permission in ("session/read", "sessions/write", "tokens/write"):
        with pytest.raises(NotAllowed):
            access.check(job, permission, None)


def test_who_came_and_went_is_in_the_journal(store: Store) -> None:
    access = Access(store)
    opened = access.sessions.open(key(store), "")
    access.sessions.revoke(opened.session.id, opened.session.principal)
    access.tokens.create("ci", "admin", 1, access.admin())
    access.tokens.revoke("ci", access.admin())
    with store.state.read() as tx:
        j = tables.journal
        rows = tx.execute(
            select(j.c.event, j.c.actor).where(j.c.resource_id.regexp_match("^/(sessions|tokens)/"))
        ).all()
    assert rows == [("signed in", "admin"), ("signed out", "admin"), ("created", "admin"), ("revoked", "admin")]
