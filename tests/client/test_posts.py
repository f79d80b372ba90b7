"""Requests whose answer is read later, against a server that answers as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lazuli.client.http import Http, Posts
from lazuli.schema.problems import Conflict, Unavailable, to_envelope


class Near(ThreadingHTTPServer):
    """Answers each body by what ``says`` tells for its path, and closes the line where that is nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.says: dict[str, tuple[int, Any] | None] = {}
        self.heard: list[tuple[str, Any, str | None, int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Near)
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, said, self.headers["Authorization"], self.client_address[1]))
        answer = self.server.says[self.path]
        if answer is None:
            self.close_connection = True
            return
        body = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def near() -> Iterator[Near]:
    with Near() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_answer_is_read_when_it_is_asked_for(near: Near) -> None:
    near.says = {"/a": (200, {"ok": 1}), "/b": (409, to_envelope(Conflict("Taken.")))}
    with Http(near.url, "secret") as http:
        posts = Posts(http)
        posts.send("/a", {"number": 1})
        assert posts.answer() == {"ok": 1}
        posts.send("/b", {"number": 2})
        with pytest.raises(Conflict, match="Taken"):
            posts.answer()
        posts.send("/a", {"number": 3})
        assert posts.answer() == {"ok": 1}
        posts.close()
    assert [(path, said["number"], who) for path, said, who, _ in near.heard] == [
        ("/a", 1, "Bearer secret"),
        ("/b", 2, "Bearer secret"),
        ("/a", 3, "Bearer secret"),
    ]
    assert len({port for *_, port in near.heard}) == 1  # all on one connection


def test_a_line_that_breaks_is_told_and_made_anew(near: Near) -> None:
    near.says = {"/gone": None, "/a": (200, {})}
    with Http(near.url) as http:
        posts = Posts(http)
        posts.send("/gone", {})
        with pytest.raises(Unavailable, match=r"The connection to .* broke"):
            posts.answer()
        with pytest.raises(Unavailable):  # there is nothing that could be answered
            posts.answer()
        posts.send("/a", {})
        assert posts.answer() == {}
        posts.close()


def test_nobody_at_the_other_end_is_told() -> None:
    with Near() as server:
        url = server.url
    posts = Posts(Http(url))
    with pytest.raises(Unavailable, match="broke"):
        posts.send("/a", {})


def test_a_proxy_of_the_shell_stands_only_before_servers_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(word, raising=False)
    assert Http("http://ml.example.org").is_direct
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert not Http("http://ml.example.org").is_direct
    assert Http("http://127.0.0.1:8780").is_direct
