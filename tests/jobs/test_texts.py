"""Text files in windows of whole characters, and searched from end to end, by words and by expressions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from lazuli.jobs import texts
from lazuli.jobs.texts import find, window
from lazuli.schema.problems import InvalidInput, Unavailable

LINES = "first é line\nsecond 💎 LINE\r\nthird\n"


@dataclass
class Bytes:
    """A text that lies nowhere."""

    data: bytes
    file: Path | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, limit: int) -> bytes:
        return self.data[offset : offset + limit]


@pytest.mark.parametrize("length", range(4, 40))
def test_windows_one_after_the_other_are_the_text(length: int) -> None:
    text, said, at = Bytes(LINES.encode()), "", 0
    while at < text.size:
        part = window(text, at, length)
        assert part.offset == at
        assert part.next > at
        assert "\ufffd" not in part.text
        said, at = said + part.text, part.next
    assert said == LINES


def test_a_window_in_the_middle_of_a_character_begins_at_the_next_one() -> None:
    text = Bytes("é💎x".encode())
    assert [(window(text, at, 9).offset, window(text, at, 9).text) for at in range(8)] == [
        (0, "é💎x"), (2, "💎x"), (2, "💎x"), (6, "x"), (6, "x"), (6, "x"), (6, "x"), (7, ""),
    ]  # fmt: skip
    assert window(text, -1, 9).text == "x"
    assert window(text, -100, 9).text == "é💎x"
    assert window(text, 100, 9).text == ""


def test_what_is_no_text_is_told_and_goes_on() -> None:
    text, at = Bytes(b"\xff\x80\x80\x80\x80\x80\xf0"), 0
    while at < text.size:
        part = window(text, at, 4)
        assert part.next > at
        at = part.next


def test_the_end_of_a_growing_text_waits_for_its_character() -> None:
    text = Bytes("done 💎".encode()[:-1])
    assert window(text, 0, 100).next >= 5


def test_a_word_is_found_in_any_case_with_its_line() -> None:
    found = find(Bytes(LINES.encode()), "line")
    assert [(m.line, m.text) for m in found.matches] == [(1, "first é line"), (2, "second 💎 LINE")]
    assert [LINES.encode()[m.offset : m.offset + 4].lower() for m in found.matches] == [b"line", b"line"]
    assert not found.more


@pytest.mark.parametrize("regex", [False, True])
def test_a_search_goes_on_where_it_ended(regex: bool) -> None:
    text = Bytes(b"".join(b"%d error\n" % n for n in range(25)))
    seen: list[str] = []
    start, more = 0, True
    while more:
        found = find(text, "error", regex=regex, start=start, limit=10)
        seen += [match.text for match in found.matches]
        start, more = found.next, found.more
    assert seen == [f"{n} error" for n in range(25)]


def test_lines_over_the_borders_of_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(texts, "_PIECE", 7)
    data = b"".join(b"line %d end\n" % n for n in range(50))
    found = find(Bytes(data), "end", limit=1000)
    assert [(m.line, m.text, data[m.offset : m.offset + 3]) for m in found.matches] == [
        (n + 1, f"line {n} end", b"end") for n in range(50)
    ]
    file = tmp_path / "log"
    file.write_bytes(data)
    assert find(Bytes(data, file), r"\bend(?<= \d end)", regex=True, limit=1000).matches == found.matches[:10]


def test_of_a_long_line_what_is_around_the_match_is_told() -> None:
    found = find(Bytes(b"x" * 50_000 + b"here" + b"y" * 50_000), "here")
    assert found.matches[0].offset == 50_000
    assert "here" in found.matches[0].text
    assert len(found.matches[0].text) <= texts.LONGEST_LINE


def test_an_expression_that_takes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LONGEST_S", 0.2)
    with pytest.raises(Unavailable, match="takes longer"):
        find(Bytes(b"a" * 60 + b"!"), "(a+)+$", regex=True)


@pytest.mark.parametrize(("wanted", "regex"), [("", False), ("x" * 2000, False), ("(", True), ("a{99999999999}", True)])
def test_what_cannot_be_looked_for(wanted: str, regex: bool) -> None:
    with pytest.raises(InvalidInput):
        find(Bytes(b"text"), wanted, regex=regex)
