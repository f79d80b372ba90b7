"""All the values that nobody would send at every place, on either database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.journeys.crashing import Server
from tests.journeys.test_bad_values import (
    serving,
    test_no_body_is_a_fault,
    test_no_header_is_a_fault,
    test_no_name_is_a_fault,
    test_no_query_is_a_fault,
    test_no_value_of_a_field_is_a_fault,
    test_no_value_of_mlflow_is_a_fault,
)
from tests.store.postgres import Postgres, postgres

__all__ = [
    "postgres",
    "test_no_body_is_a_fault",
    "test_no_header_is_a_fault",
    "test_no_name_is_a_fault",
    "test_no_query_is_a_fault",
    "test_no_value_of_a_field_is_a_fault",
    "test_no_value_of_mlflow_is_a_fault",
]
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[Server]:
    environ = {"LAZULI_DATABASE_URL": postgres.fresh_database()} if request.param == "postgresql" else {}
    with serving(tmp_path_factory.mktemp("bad"), **environ) as made:
        yield made


@pytest.fixture(scope="module")
def share() -> int:
    return 1
