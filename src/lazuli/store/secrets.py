"""Secrets: small texts that lie in the database sealed, and the key file that opens them."""

from __future__ import annotations

import json
import os
import secrets as randomness
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from lazuli.schema.problems import Unexpected
from lazuli.store.clock import Clock, system_clock
from lazuli.store.database import Database
from lazuli.store.tables import secret

__all__ = ["Secrets", "random_token", "write_private"]


class Secrets:
    """Sealed texts by scope and name. The key lies beside the database, in a file only its owner can read.

    So a copy of the database alone tells nothing, and a backup needs both.
    """

    def __init__(self, database: Database, data_dir: Path, clock: Clock = system_clock) -> None:
        self._database = database
        self._clock = clock
        self._seal = Fernet(_master_key(data_dir / "keys" / "master.key"))
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def get(self, scope: str, name: str) -> str | None:
        """The secret, or None where there is none."""
        with self._database.read() as tx:
            sealed = tx.execute(select(secret.c.value).where(*_at(scope, name))).scalar_one_or_none()
        return None if sealed is None else self._opened(sealed, scope, name)

    def set(self, scope: str, name: str, value: str) -> None:
        """Keep ``value``, in place of the one that was there."""
        insert = self._insert(secret)
        changes = {"value": insert.excluded.value, "created_at": insert.excluded.created_at}
        statement = insert.on_conflict_do_update(index_elements=["scope", "name"], set_=changes)
        with self._database.write() as tx:
            tx.execute(statement, self._row(scope, name, value))

    def get_or_create(self, scope: str, name: str, make: Callable[[], str]) -> str:
        """The secret; where there is none, the one that ``make`` gives, which then is everybody's."""
        found = self.get(scope, name)
        if found is not None:
            return found
        row = self._row(scope, name, make())
        with self._database.write() as tx:
            tx.execute(self._insert(secret).on_conflict_do_nothing(), row)
            sealed = tx.execute(select(secret.c.value).where(*_at(scope, name))).scalar_one()
        return self._opened(sealed, scope, name)

    def names(self, scope: str) -> Sequence[str]:
        """The names of a scope's secrets, sorted."""
        with self._database.read() as tx:
            return sorted(tx.execute(select(secret.c.name).where(secret.c.scope == scope)).scalars())

    def values(self, scope: str) -> dict[str, str]:
        """Every secret of a scope, by name."""
        with self._database.read() as tx:
            rows = tx.execute(select(secret.c.name, secret.c.value).where(secret.c.scope == scope)).all()
        return {name: self._opened(sealed, scope, name) for name, sealed in rows}

    def delete_all(self, scope: str) -> None:
        """Forget every secret of a scope and of the scopes below it (``scope/…``)."""
        below = (secret.c.scope > f"{scope}/") & (secret.c.scope < f"{scope}0")  # '0' is what follows '/'
        with self._database.write() as tx:
            tx.execute(delete(secret).where((secret.c.scope == scope) | below))

    def delete(self, scope: str, name: str) -> bool:
        """Forget a secret; whether there was one."""
        with self._database.write() as tx:
            return tx.execute(delete(secret).where(*_at(scope, name))).rowcount > 0

    def _row(self, scope: str, name: str, value: str) -> dict[str, str | int]:
        # Sealed together with its place, so that a row cannot be passed off as another one.
        sealed = self._seal.encrypt(json.dumps([scope, name, value]).encode()).decode()
        return {"scope": scope, "name": name, "value": sealed, "created_at": self._clock()}

    def _opened(self, sealed: str, scope: str, name: str) -> str:
        with suppress(InvalidToken):
            sealed_scope, sealed_name, value = json.loads(self._seal.decrypt(sealed))
            if (sealed_scope, sealed_name) == (scope, name):
                return value
        raise Unexpected(
            f"The secret '{name}' cannot be opened: it was sealed with another key, or for another place.",
            target=name,
            mend="Put the file keys/master.key of the backup that the database comes from back into the data folder.",
        )


def random_token() -> str:
    """43 characters that nobody can guess, safe in a URL."""
    return randomness.token_urlsafe(32)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can ever have read, and that appears whole or not at all."""
    ready = _written_private(path, text)
    ready.replace(path)


def _master_key(file: Path) -> bytes:
    """The key that ``file`` holds; a fresh one is made where there is no file yet."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    if not file.exists():
        ready = _written_private(file, Fernet.generate_key().decode())
        # A link, unlike a rename, never replaces the key that another process has made meanwhile.
        with suppress(FileExistsError):
            os.link(ready, file)
        ready.unlink()
    file.chmod(0o600)
    return file.read_bytes().strip()


def _written_private(path: Path, text: str) -> Path:
    """A new file beside ``path``, 0600 from its first byte on, that is on the disk."""
    ready = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(ready, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    return ready


def _at(scope: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return secret.c.scope == scope, secret.c.name == name
