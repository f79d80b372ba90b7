from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from lazuli.client.http import Http
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Problem, Unavailable, to_envelope

Answer = Callable[[httpx.Request], httpx.Response]


class Far:
    """A server that answers as told, and remembers what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def http(self, url: str = "http://127.0.0.1:8780") -> Http:
        return Http(url, "secret", transport=httpx.MockTransport(self), sleep=self.slept.append)


REFUSED = httpx.ConnectError("connection refused")


def test_no_server_is_told_with_its_mend_after_three_attempts() -> None:
    far = Far(REFUSED)
    with pytest.raises(Unavailable, match=r"No Lazuli server answers at http://127\.0\.0\.1:8780") as told:
        far.http().call("POST", "/x", body={})
    assert told.value.mend == "Start it with 'lazuli up'."
    assert len(far.asked) == 3


def test_a_server_elsewhere_is_not_ours_to_start() -> None:
    with pytest.raises(Unavailable) as told:
        Far(REFUSED).http("http://ml.example.org").call("GET", "/x")
    assert "lazuli up" not in str(told.value)


def test_a_server_that_comes_back_is_asked_again() -> None:
    far = Far(REFUSED, httpx.Response(200, json={"ok": True}))
    assert far.http().call("GET", "/x") == {"ok": True}


def test_busy_is_waited_for_as_long_as_it_says() -> None:
    busy = httpx.Response(503, headers={"retry-after": "2"}, json=to_envelope(Unavailable("Busy.")))
    far = Far(busy, httpx.Response(200, json=1))
    assert far.http().call("PUT", "/x", body={}) == 1
    assert far.slept == [2.0]


def test_a_post_is_sent_once() -> None:
    far = Far(httpx.Response(503, headers={"retry-after": "1"}, json=to_envelope(Unavailable("Busy."))))
    with pytest.raises(Unavailable, match="Busy"):
        far.http().call("POST", "/x", body={})
    assert len(far.asked) == 1


def test_a_timeout_is_not_tried_again() -> None:
    far = Far(httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable, match="did not answer in time"):
        far.http().call("GET", "/x")
    assert len(far.asked) == 1


@pytest.mark.parametrize(
    "problem", [NotFound("No.", mend="Make it."), Conflict("Twice."), InvalidInput("?", target="a")]
)
def test_a_problem_comes_back_as_the_class_it_was(problem: Problem) -> None:
    far = Far(httpx.Response(problem.status, json=to_envelope(problem)))
    with pytest.raises(type(problem)) as told:
        far.http().call("GET", "/x")
    assert (told.value.message, told.value.mend, told.value.target) == (problem.message, problem.mend, problem.target)


def test_storage_says_its_error_in_a_header() -> None:
    far = Far(httpx.Response(404, headers={"x-ms-error-code": "BlobNotFound"}, content=b"<Error/>"))
    with pytest.raises(NotFound) as told:
        far.http().respond("HEAD", "http://127.0.0.1:8780/c/b?sig=x")
    assert told.value.code == "BlobNotFound"


def test_something_else_on_the_port_is_named() -> None:
    with pytest.raises(InvalidInput, match="not a Lazuli server"):
        Far(httpx.Response(200, text="<html>hello</html>")).http().call("GET", "/x")


def test_the_token_goes_to_the_server_and_never_with_a_signed_address() -> None:
    far = Far(httpx.Response(200, json={}))
    far.http().call("GET", "/x")
    far.http().respond("GET", "http://127.0.0.1:8780/c/b?sig=x")
    assert far.asked[0].headers["authorization"] == "Bearer secret"
    assert "authorization" not in far.asked[1].headers


def test_a_ca_that_cannot_be_read_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"CA file '/nowhere\.pem' cannot be read"):
        Http("https://127.0.0.1:8781", ca_file="/nowhere.pem")


@pytest.mark.parametrize(("status", "code"), [(424, "ScoringFailed"), (408, "NotAnswered"), (413, "NotAnswered")])
def test_only_a_script_that_failed_is_told_as_one(status: int, code: str) -> None:
    far = Far(httpx.Response(status, json={"message": "It took too long."}))
    with pytest.raises(Problem, match="It took too long") as caught:
        far.http().respond("POST", "http://127.0.0.1:1/score", content=b"{}")
    assert caught.value.code == code
