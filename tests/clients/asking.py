"""Requests made up by schemathesis from our own OpenAPI, and what no answer to them may be."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import response_schema_conformance
from tests.journeys.crashing import Server

PLACE = {"subscription": "s", "group": "g", "workspace": "w"}


def no_fault(context: Any, response: Any, case: Any) -> None:
    """Nothing that was sent is a fault of the server's; what it says it does not offer (501) is an answer."""
    assert response.status_code < 500 or response.status_code == 501, (response.status_code, response.text)


def ask_all(house: Server, examples: int, number: int) -> None:
    """Send every operation so many requests, always the same ones for one ``number``.

    Fails where one was answered by a fault, or by what the description does not promise.
    """
    quiet = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    schema = schemathesis.openapi.from_dict(house.call("GET", "/openapi.json"))
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    failures: dict[str, str] = {}
    calls = 0
    for operation in operations:

        @seed(number)
        @quiet
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
    print(f"{calls} requests to {len(operations)} operations")
    assert not failures, "\n\n".join(f"{label}\n{told}" for label, told in failures.items())
    log = (house.data_dir.parent / "server.log").read_text()
    assert "Traceback" not in log, log[-5000:]
