"""Paths from outside: none of them leads out of its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazuli.schema.problems import InvalidInput
from lazuli.store.paths import clean, inside


@pytest.mark.parametrize(
    ("given_path", "expected"),
    [
        ("a/b.txt", "a/b.txt"),
        ("a//b/", "a/b"),
        ("./a/./b", "a/b"),
        ("ü #1.txt", "ü #1.txt"),
        ("...", "..."),
        ("a..b", "a..b"),
    ],
)
def test_plain_paths_are_made_plainer(given_path: str, expected: str) -> None:
    assert clean(given_path) == expected


@pytest.mark.parametrize("bad", ["", ".", "/", "/etc/passwd", "..", "a/../b", "a/..", "../a", "a\\b", "C:\\x", "a\0b"])
def test_paths_that_lead_away_are_refused(bad: str, tmp_path: Path) -> None:
    for use in (clean, lambda path: inside(tmp_path, path)):
        with pytest.raises(InvalidInput) as raised:
            use(bad)
        assert raised.value.target == "path"
        assert str(tmp_path) not in str(raised.value)


def test_links_are_followed_only_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "in").symlink_to("real")
    (root / "out").symlink_to(tmp_path)
    assert inside(root, "in/file") == root / "in/file"
    for bad in ("out", "out/secret", "in/../../secret"):
        with pytest.raises(InvalidInput):
            inside(root, bad)


def test_a_folder_that_only_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root-2").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "root-2")
    with pytest.raises(InvalidInput):
        inside(tmp_path / "root", "link")


@given(st.text(st.sampled_from("ab./\\\0~ "), max_size=12))
def test_whatever_is_accepted_stays_inside(text: str) -> None:
    try:
        cleaned = clean(text)
    except InvalidInput:
        return
    assert (Path("/root") / cleaned).resolve().is_relative_to("/root")
    assert clean(cleaned) == cleaned
