from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from lazuli.client.client import Client
from lazuli.client.http import Http
from lazuli.client.profile import Profile
from lazuli.client.stream import follow, parse
from lazuli.schema.problems import NotFound, Unavailable, to_envelope


def event(kind: str, data: dict, id: str = "") -> str:
    return (f"id: {id}\n" if id else "") + f"event: {kind}\ndata: {json.dumps(data)}\n\n"


class Broken(httpx.SyncByteStream):
    """An answer that breaks off."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __iter__(self) -> Iterator[bytes]:
        yield self.text.encode()
        raise httpx.ReadError("gone")


class Server:
    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = iter(answers)
        self.asked: list[httpx.Request] = []
        self.now = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self.answers, httpx.ConnectError("refused"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def follow(self) -> list[str]:
        http = Http("http://127.0.0.1:1", transport=httpx.MockTransport(self))
        client = Client(Profile("http://127.0.0.1:1", "t", workspace="w"), http=http)
        return [e.data.get("text", e.kind) for e in follow(client, "j", sleep=self.sleep, clock=lambda: self.now)]


DONE = event("done", {"status": "Completed", "error": None})


def test_a_broken_connection_is_taken_up_where_it_broke() -> None:
    first = event("log", {"text": "one"}, "3") + event("log", {"text": "two"}, "6") + "id: 9\nevent: log\ndata: {"
    server = Server(
        httpx.Response(200, stream=Broken(first)),
        httpx.ConnectError("restarting"),
        httpx.Response(200, text=event("log", {"text": "three"}, "11") + DONE),
    )
    assert server.follow() == ["one", "two", "three", "done"]
    assert [request.headers.get("last-event-id") for request in server.asked] == [None, "6", "6"]
    assert server.asked[2].url.params["after"] == "6"


def test_an_answer_that_ends_before_the_job_does_is_asked_for_again() -> None:
    server = Server(httpx.Response(200, text=event("log", {"text": "one"}, "3")), httpx.Response(200, text=DONE))
    assert server.follow() == ["one", "done"]


def test_a_server_that_stays_away_is_told_after_a_minute() -> None:
    server = Server(httpx.Response(200, text=event("log", {"text": "one"}, "3")))
    with pytest.raises(Unavailable):
        server.follow()
    assert 60 < server.now < 70


def test_no_such_job_is_told_at_once() -> None:
    server = Server(httpx.Response(404, json=to_envelope(NotFound("No such job."))))
    with pytest.raises(NotFound, match="No such job"):
        server.follow()
    assert len(server.asked) == 1


def test_comments_and_data_of_several_lines() -> None:
    lines = [": alive", "", "event:log", 'data: {"text":', 'data: "x"}', "", "data: {}", ""]
    assert [(e.kind, e.data) for e in parse(lines)] == [("log", {"text": "x"}), ("message", {})]


def test_a_server_that_stays_away_is_told_once_and_so_is_its_return() -> None:
    away = [httpx.ConnectError("refused")] * 30
    server = Server(*away, httpx.Response(200, text=event("log", {"text": "one"}, "3") + DONE))
    assert server.follow() == ["away", "back", "one", "done"]
