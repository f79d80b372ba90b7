"""YAML: every value as it was written, every slip with its line, and no file that is more than it seems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.schema.problems import InvalidInput
from lazuli.schema.yaml import dump, load, parse, written


def test_lines_are_known_for_keys_and_items() -> None:
    source = parse("a: 1\nb:\n  c: x\n  d:\n  - 1\n  - e: 2\n", name="job.yml")
    assert source.data == {"a": 1, "b": {"c": "x", "d": [1, {"e": 2}]}}
    assert source.where(("a",)) == "job.yml:1"
    assert source.where(("b", "c")) == "job.yml:3"
    assert source.where(("b", "d", 1, "e")) == "job.yml:6"
    assert source.where(("b", "d", 0, "no", "such")) == "job.yml:5", "the nearest line around it"
    assert source.where(("nowhere",)) == "job.yml:1"


@pytest.mark.parametrize(
    "text",
    ["1e-3", "1.0e-3", "01", "1.10", "1_000", "0x1F", "-0", "1:30", ".5", "2024-01-02", "2024-01-02T03:04:05Z"],
)
def test_scalars_are_kept_as_written(text: str) -> None:
    assert written(parse(f"v: {text}").data["v"]) == text


def test_numbers_are_numbers_all_the_same() -> None:
    assert parse("{a: 12, b: 1.50}").data == {"a": 12, "b": 1.5}


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("off", False), ("~", None), ("''", ""), ("'1'", "1")])
def test_words_of_yaml_keep_their_meaning_as_values(text: str, value: object) -> None:
    assert parse(f"v: {text}").data["v"] is value or parse(f"v: {text}").data["v"] == value


def test_keys_are_text_whatever_they_look_like() -> None:
    assert list(parse("{1: a, on: b, 2024-01-01: c, ~: d, 1.10: e}").data) == ["1", "on", "2024-01-01", "~", "1.10"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_says_nothing(text: str) -> None:
    assert parse(text).data is None


def test_merge_keys_merge() -> None:
    assert parse("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n").data["d"] == {"x": 1, "y": 3}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 10)}]\n" for last, this in zip("abcdefg", "bcdefgh", strict=True)
)
MERGE_BOMB = "a: &a {k: 1}\n" + "".join(
    f"{this}: &{this} {{<<: [{', '.join([f'*{last}'] * 10)}]}}\n"
    for last, this in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yml:3: 'a' is given twice; it stands in line 1 already"),
        ("x:\n  a: 1\n  a: 2\n", "f.yml:3: 'a' is given twice; it stands in line 2"),
        ("1: a\n'1': b\n", "f.yml:2: '1' is given twice"),
        ("a: [1, 2\nb: 3\n", "f.yml:2 is not valid YAML"),
        ("a:\n\t- 1\n", "f.yml:2 is not valid YAML"),
        ("a: *nobody\n", "f.yml:1 is not valid YAML: found undefined alias"),
        ("--- 1\n--- 2\n", "f.yml:2 is not valid YAML: expected a single document"),
        ("? [a, b]\n: 1\n", "f.yml:1: a key must be a word"),
        ("a: &a\n  b: *a\n", "an alias stands inside of what it stands for"),
        ("&a [*a]\n", "an alias stands inside of what it stands for"),
        (BOMB, "f.yml says more than 100000 values"),
        (MERGE_BOMB, "f.yml says more than 100000 values"),
        ("[" * 1200, "nested too deeply"),
        ("a: \x00\n", "not valid YAML"),
        ("a: !!python/object/apply:os.system [x]\n", "could not determine a constructor"),
        ("a: !!binary aGk=\n", "could not determine a constructor"),
        ("a: !!set {x}\n", "could not determine a constructor"),
        ("a: !!int x\n", "not valid YAML"),
        ("a: " + "9" * 5000, "not valid YAML"),
    ],
)
def test_a_slip_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text, name="f.yml")
    assert told in caught.value.message


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("a: ü".encode("latin-1"))
    for name, told in (("no.yml", "does not exist"), (".", "is a folder"), ("latin.yml", "cannot be read as text")):
        with pytest.raises(InvalidInput, match=told):
            load(tmp_path / name)


def test_a_file_knows_its_folder_and_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "bom.yml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = load(tmp_path / "bom.yml")
    assert (source.data, source.folder, source.name) == ({"a": 1, "b": 2}, tmp_path, "bom.yml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse(dump(value)).data == value


def test_what_is_read_is_written_back_as_it_was() -> None:
    text = "a: 1.10\nb: 01\nc: |\n  two\n  lines\nd: 2024-01-02\n"
    assert parse(dump(parse(text).data)).data == parse(text).data
    assert "a: 1.10\nb: 01\nc: |\n  two\n  lines\n" in dump(parse(text).data)
