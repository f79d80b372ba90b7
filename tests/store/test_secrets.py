"""Secrets: sealed where they lie, opened only by their key and in their place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from tests.store.conftest import Place

from lazuli.schema.problems import Unexpected
from lazuli.store.database import Database
from lazuli.store.secrets import Secrets, random_token, write_private
from lazuli.store.tables import secret


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = place.state()
    yield database
    database.close()


@pytest.fixture
def secrets(database: Database, tmp_path: Path) -> Secrets:
    return Secrets(database, tmp_path)


def test_a_secret_is_told_again_until_it_is_deleted(secrets: Secrets) -> None:
    secrets.set("ws", "db", "pässword")
    secrets.set("ws", "db", "second")
    secrets.set("ws", "api", "")
    assert (secrets.get("ws", "db"), secrets.get("ws", "api"), secrets.get("other", "db")) == ("second", "", None)
    assert secrets.names("ws") == ["api", "db"]
    assert secrets.delete("ws", "db") and not secrets.delete("ws", "db")
    assert secrets.get("ws", "db") is None


def test_the_database_holds_nothing_readable(secrets: Secrets, tmp_path: Path) -> None:
    secrets.set("ws", "db", "open-sesame")
    assert all(b"open-sesame" not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_another_start_opens_what_an_earlier_one_sealed(secrets: Secrets, database: Database, tmp_path: Path) -> None:
    secrets.set("ws", "db", "value")
    assert Secrets(database, tmp_path).get("ws", "db") == "value"


def test_only_the_owner_can_read_the_key(secrets: Secrets, database: Database, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "master.key"
    key.chmod(0o644)
    Secrets(database, tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert list(key.parent.iterdir()) == [key]


def test_two_first_starts_agree_on_one_key(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one finds no key, and while it makes one the first one is done."""
    others: list[Secrets] = []
    make = Fernet.generate_key

    def overtaken() -> bytes:
        monkeypatch.setattr(Fernet, "generate_key", make)
        others.append(Secrets(database, tmp_path))
        return make()

    monkeypatch.setattr(Fernet, "generate_key", overtaken)
    late = Secrets(database, tmp_path)
    others[0].set("ws", "db", "value")
    assert late.get("ws", "db") == "value"


def test_another_key_opens_nothing_and_the_mend_is_told(secrets: Secrets, database: Database, tmp_path: Path) -> None:
    secrets.set("ws", "db", "value")
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(Unexpected) as raised:
        Secrets(database, tmp_path).get("ws", "db")
    assert "master.key" in raised.value.mend
    assert str(tmp_path) not in str(raised.value)


def test_a_sealed_row_cannot_be_passed_off_as_another(secrets: Secrets, database: Database) -> None:
    secrets.set("ws", "mine", "low")
    secrets.set("ws", "admin", "high")
    with database.write() as tx:
        sealed = tx.execute(select(secret.c.value).where(secret.c.name == "admin")).scalar_one()
        tx.execute(update(secret).where(secret.c.name == "mine").values(value=sealed))
    with pytest.raises(Unexpected):
        secrets.get("ws", "mine")


def test_everybody_gets_the_secret_that_was_made_first(secrets: Secrets) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(lambda _: secrets.get_or_create("ws", "key", random_token), range(16)))
    assert len(got) == 1
    assert secrets.get_or_create("ws", "key", lambda: "not asked") in got


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {random_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)


def test_a_private_file_is_private_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    file.chmod(0o666)
    modes: list[int] = []
    fsync = os.fsync

    def watching(descriptor: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watching)
    write_private(file, "ünew")
    assert modes == [0o600]
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("ünew", 0o600)
    assert list(tmp_path.iterdir()) == [file]
