"""Databases as datastores, which Lazuli does not have: their addresses are connections."""

from __future__ import annotations

__all__ = ["AzureSqlDatabaseDatastore"]


class AzureSqlDatabaseDatastore:
    """The class of a datastore that is an SQL database, for scripts that ask for it. None is ever one."""

    _is_declined = True
