from __future__ import annotations

import httpx
import pytest

import lazuli
from lazuli.client.http import Http
from lazuli.client.version import explained
from lazuli.schema.problems import MethodNotAllowed, NotFound, Problem, Unexpected

MAJOR, MINOR = lazuli.__version__.split(".")[:2]


def server(answer: httpx.Response) -> Http:
    return Http("http://127.0.0.1:1", "t", transport=httpx.MockTransport(lambda _: answer))


def of(version: str) -> Http:
    return server(httpx.Response(200, json={"info": {"version": version}}))


@pytest.mark.parametrize("problem", [NotFound("Gone.", code="NotFound"), MethodNotAllowed("No."), Unexpected("Oh.")])
def test_what_may_be_missing_for_its_age_names_both_versions(problem: Problem) -> None:
    for theirs in ("0.0.9", f"{int(MAJOR) + 1}.0.0"):
        told = explained(problem, of(theirs))
        assert type(told) is type(problem)
        assert told.message == problem.message
        assert theirs in told.mend and lazuli.__version__ in told.mend


def test_the_same_version_but_for_a_patch_is_no_reason() -> None:
    problem = MethodNotAllowed("No.", mend="Use GET.")
    assert explained(problem, of(f"{MAJOR}.{MINOR}.99")) is problem


def test_a_resource_that_is_not_there_is_not_about_versions() -> None:
    problem = NotFound("The job 'x' does not exist.")
    assert explained(problem, of("99.0.0")) is problem


@pytest.mark.parametrize("answer", [httpx.Response(403, json={}), httpx.Response(200, json=[]), httpx.Response(200)])
def test_a_server_that_does_not_tell_its_version_changes_nothing(answer: httpx.Response) -> None:
    problem = Unexpected("Oh.")
    assert explained(problem, server(answer)) is problem
