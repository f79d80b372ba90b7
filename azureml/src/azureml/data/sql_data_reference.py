"""A query as the input of a job."""

from __future__ import annotations

from typing import Any

from azureml.exceptions import UserErrorException

__all__ = ["SqlDataReference"]


class SqlDataReference:
    """No datastore is a database here: making one raises :class:`UserErrorException`."""

    _is_declined = True

    def __init__(
        self,
        datastore: Any,
        data_reference_name: str | None = None,
        sql_table: str | None = None,
        sql_query: str | None = None,
        sql_stored_procedure: str | None = None,
        sql_stored_procedure_params: Any = None,
    ) -> None:
        raise UserErrorException(
            "Lazuli has no datastore that is a database. Use 'lazuli connection create' and pandas.read_sql in the job."
        )
