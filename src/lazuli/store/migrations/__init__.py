"""Numbered migrations: each a module ``state_0001_*.py`` or ``points_0001_*.py`` whose ``STATEMENTS`` are run once.

The statements are plain SQL that SQLite and PostgreSQL both understand; where they differ, ``{serial}`` stands for
the type of an automatic key, and ``{clustered}`` says of a table that it is kept in the order of its key, where that
can be said. A migration may have a function ``fill(tx)`` as well, for what SQL cannot work out. PostgreSQL is told to
compare text byte by byte, as SQLite does, so that lists come in the same order from both, whatever language the
server speaks. A migration that has landed is never changed: add the next one.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time

from sqlalchemy import Connection, text

__all__ = ["migrate"]

_MODULE = re.compile(r"^(?P<family>[a-z]+)_(?P<number>\d{4})_\w+$")


def migrate(tx: Connection, family: str) -> list[str]:
    """Apply the migrations of ``family`` that are missing, in order; the names of those applied now."""
    tx.execute(text("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)"))
    done = set(tx.execute(text("SELECT name FROM migration")).scalars())
    missing = [name for name in _names(family) if name not in done]
    for name in missing:
        module = importlib.import_module(f"{__name__}.{name}")
        for statement in module.STATEMENTS:
            tx.execute(text(_spelt(statement, tx.dialect.name)))
        if hasattr(module, "fill"):
            module.fill(tx)
        tx.execute(
            text("INSERT INTO migration (name, applied_at) VALUES (:name, :at)"),
            {"name": name, "at": int(time.time() * 1000)},
        )
    return missing


_SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgresql": "BIGSERIAL PRIMARY KEY"}
_CLUSTERED = {"sqlite": "WITHOUT ROWID", "postgresql": ""}


def _spelt(statement: str, dialect: str) -> str:
    statement = statement.format(serial=_SERIAL[dialect], clustered=_CLUSTERED[dialect])
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', statement) if dialect == "postgresql" else statement


def _names(family: str) -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if (match := _MODULE.match(name)) and match["family"] == family)
