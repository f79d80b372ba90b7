"""Requests made up by schemathesis from our own OpenAPI: no answer is a fault of the server, or off its description."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import response_schema_conformance
from tests.journeys.crashing import Server, server

EXAMPLES = int(os.environ.get("LAZULI_FUZZ_EXAMPLES", "8"))
"""How many requests each operation gets; `make soak` asks for more."""
SEED = int(os.environ.get("LAZULI_TEST_SEED", "1"))
PLACE = {"subscription": "s", "group": "g", "workspace": "w"}
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("fuzzed") / "data") as made:
        made.start()
        made.found()
        yield made


def operations(house: Server) -> list[Any]:
    schema = schemathesis.openapi.from_dict(house.call("GET", "/openapi.json"))
    return [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]  # ours is sound


def no_fault(context: Any, response: Any, case: Any) -> None:
    """Nothing that was sent is a fault of the server's; what it says it does not offer (501) is an answer."""
    assert response.status_code < 500 or response.status_code == 501, (response.status_code, response.text)


def test_whatever_is_sent_the_server_answers_as_it_promised(house: Server) -> None:
    failures: dict[str, str] = {}
    calls = 0
    for operation in operations(house):

        @seed(SEED)
        @QUIET
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal calls
            calls += 1
            for name, value in PLACE.items():  # most requests go to the workspace that is there
                if name in case.path_parameters and calls % 4:
                    case.path_parameters[name] = value
            case.call_and_validate(
                base_url=house.url,
                headers={"Authorization": f"Bearer {house.token}"},
                checks=[no_fault, response_schema_conformance],
                timeout=30,
            )

        try:
            ask()
        except BaseException as error:
            failures[operation.label] = f"{type(error).__name__}: {error}"[:3000]
    print(f"{calls} requests to {len(operations(house))} operations")
    assert not failures, "\n\n".join(f"{label}\n{told}" for label, told in failures.items())
    log = (house.data_dir.parent / "server.log").read_text()
    assert "Traceback" not in log, log[-5000:]
