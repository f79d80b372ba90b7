"""Documents: one class says the same in both dialects, strict towards people and lenient towards programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field, ValidationError

from lazuli.resources.table import NOUNS
from lazuli.schema.document import READ_ONLY, REST_ONLY, Document, Text
from lazuli.schema.problems import InvalidInput
from lazuli.schema.words import Seconds, Word
from lazuli.schema.yaml import parse


class Colour(Word):
    DARK_BLUE = "dark_blue", "DarkBlue"
    RED = "red"


class Part(Document):
    part_size: int = 1
    """How big it is."""


class Thing(Document):
    """A thing."""

    name: str = ""
    version: Text = ""
    experiment_name: str | None = None
    """Where it belongs."""
    colour: Colour = Colour.RED
    waits: Seconds = Field(default=60, ge=0, alias="properties.waitTime")
    least: int = Field(default=0, ge=0, alias="properties.scale.leastCount")
    rest_word: str = Field(default="R", json_schema_extra=REST_ONLY)
    state: str | None = Field(default=None, json_schema_extra=READ_ONLY)
    parts: dict[str, Part] = Field(default_factory=dict)
    tags: dict[str, Text] = Field(default_factory=dict)


def said(text: str) -> Thing:
    return Thing.from_yaml(replace(parse(text, name="thing.yml"), strict=True))


def slips(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        said(text)
    problem = caught.value
    assert problem.code == "ValidationError"
    return [str(slip) for slip in problem.details or [problem]]


def test_both_dialects_say_the_same() -> None:
    thing = said("experiment_name: e\ncolour: dark_blue\nwaits: 120\nleast: 2\nparts: {a: {part_size: 3}}\n")
    rest = {
        "experimentName": "e",
        "colour": "DarkBlue",
        "restWord": "R",
        "properties": {"waitTime": "PT120S", "scale": {"leastCount": 2}},
        "parts": {"a": {"partSize": 3}},
        "tags": {},
    }
    assert thing.to_rest() == rest
    assert Thing.from_rest(rest) == thing
    assert Thing.load(thing.dump()) == thing


@pytest.mark.parametrize("spelling", ["dark_blue", "DarkBlue", "darkblue", "DARK-BLUE", "darkBlue", "Dark Blue"])
def test_a_word_is_read_in_every_case_form(spelling: str) -> None:
    assert said(f"colour: {spelling}").colour is Colour.DARK_BLUE
    assert Thing.from_rest({"colour": spelling}).colour is Colour.DARK_BLUE


@pytest.mark.parametrize(
    ("given", "seconds"), [("PT5M", 300), ("PT0S", 0), ("P1DT2H3M4S", 93784), ("PT1.5S", 1), (90, 90), ("90", 90)]
)
def test_seconds_are_whole_seconds_or_a_duration(given: Any, seconds: int) -> None:
    assert Thing.from_rest({"properties": {"waitTime": given}}).waits == seconds


@pytest.mark.parametrize("given", ["P", "PT", "5M", "PT5X", "P1M", "PT-5S", -1, "PT5M ", True])
def test_what_is_no_duration_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"properties\.waitTime"):
        Thing.from_rest({"properties": {"waitTime": given}})


def test_slips_are_told_all_at_once_each_with_line_and_mend() -> None:
    told = slips("experiment: e\ncolour: blu\nleast: -1\nparts:\n  a:\n    part_sze: 3\n")
    assert told[0] == "thing.yml:1: 'experiment' is not a known key. Did you mean 'experiment_name'?"
    assert told[1].startswith("thing.yml:2: 'colour' is 'blu': not one of dark_blue, red.")
    assert told[2].startswith("thing.yml:3: 'least' is '-1': ")
    assert told[3] == "thing.yml:6: 'parts.a.part_sze' is not a known key. Did you mean 'part_size'?"


@pytest.mark.parametrize("key", ["experimentName", "properties.waitTime", "properties"])
def test_words_of_rest_are_not_words_of_yaml(key: str) -> None:
    assert "is not a known key" in slips(f"{key}: x")[0]


def test_words_of_yaml_are_not_words_of_rest() -> None:
    """They would be kept as unknown properties, and read as the fields, unchecked, by whoever loads the document."""
    thing = Thing.from_rest({"experiment_name": "x", "least": -5, "waits": "x", "parts": {"a": {"part_size": "x"}}})
    assert thing == Thing.from_rest({"parts": {"a": {}}})
    assert Thing.load(thing.dump()) == thing


def test_what_rest_says_beyond_our_words_is_kept_untouched() -> None:
    beyond = {"newThing": {"a": [1, {"b": 2}]}, "properties": {"scale": {"other": 1}, "x": "y"}}
    thing = Thing.from_rest({**beyond, "experimentName": None})
    assert thing.experiment_name is None
    back = Thing.load(thing.dump()).to_rest()
    assert back["newThing"] == beyond["newThing"]
    assert back["properties"] == {"waitTime": "PT60S", "scale": {"other": 1, "leastCount": 0}, "x": "y"}


def test_reading_rest_leaves_what_was_sent_alone() -> None:
    body = {"properties": {"scale": {"leastCount": 2}}}
    Thing.from_rest(body)
    assert body == {"properties": {"scale": {"leastCount": 2}}}


def test_what_only_the_platform_says_is_not_kept() -> None:
    assert Thing.from_rest({"state": "mine"}).dump() == {}
    assert said("state: mine").dump() == {}
    assert Thing.load({"state": "theirs"}).to_rest()["state"] == "theirs"


def test_the_rest_only_word_is_not_shown_in_yaml() -> None:
    assert "rest_word" not in Thing().to_yaml()
    assert Thing().to_rest()["restWord"] == "R"


def test_yaml_is_shown_without_empty_fields_but_with_the_users_empty_values() -> None:
    shown = said("name: n\ntags: {a: ''}\n").to_yaml()
    assert shown == {"name": "n", "colour": "red", "waits": 60, "least": 0, "tags": {"a": ""}}


def test_numbers_dates_and_booleans_are_text_where_text_is_wanted() -> None:
    thing = said("version: 01\ntags: {a: 1.10, b: 2024-01-02, c: true, 4: 1e-3}\n")
    assert thing.version == "01"
    assert thing.tags == {"a": "1.10", "b": "2024-01-02", "c": "True", "4": "1e-3"}


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), ("- a", "a list"), ("just text", "a str")])
def test_a_file_that_is_no_mapping_is_told(text: str, found: str) -> None:
    with pytest.raises(InvalidInput, match=f"thing.yml holds {found} where a mapping is expected"):
        said(text)


def test_a_key_that_nothing_knows_is_left_out_and_told() -> None:
    source = parse("name: n\ncolor: red\nparts: {a: {size: 3}}\n", name="thing.yml")
    assert Thing.from_yaml(source) == Thing(name="n", parts={"a": Part()})
    assert [str(warning) for warning in source.warnings] == [
        "thing.yml:2: 'color' is not a known key. Did you mean 'colour'?",
        "thing.yml:3: 'parts.a.size' is not a known key. Did you mean 'part_size'?",
    ]


def test_a_key_that_nothing_knows_is_told_with_what_is_wrong_besides() -> None:
    source = parse("color: red\nleast: -1\n", name="thing.yml")
    with pytest.raises(InvalidInput) as caught:
        Thing.from_yaml(source)
    assert len(caught.value.details) == 2
    assert source.warnings == []


def test_a_schema_line_is_no_key() -> None:
    assert said("$schema: https://x/y.json\nname: n\n") == Thing(name="n")


def test_a_body_nested_without_end_is_refused() -> None:
    body: dict[str, Any] = {}
    for _ in range(5000):
        body = {"a": [body]}
    with pytest.raises(InvalidInput, match="nested too deeply"):
        Thing.from_rest(body)


def test_json_schema_in_yaml() -> None:
    schema = Thing.json_schema("yaml")
    properties = schema["properties"]
    assert schema["additionalProperties"] is False
    assert {"$schema", "experiment_name", "waits", "least", "name", "version"} <= properties.keys()
    assert "rest_word" not in properties
    assert properties["colour"]["enum"] == ["dark_blue", "red"]
    assert properties["colour"]["default"] == "red"
    assert properties["version"]["type"] == ["string", "number", "boolean"]
    assert (properties["waits"]["type"], properties["waits"]["default"]) == ("integer", 60)
    assert properties["state"]["readOnly"] is True
    assert properties["experiment_name"]["description"] == "Where it belongs."


def test_json_schema_in_rest() -> None:
    schema = Thing.json_schema("rest")
    properties = schema["properties"]
    assert properties.keys() == {"experimentName", "colour", "properties", "restWord", "state", "parts", "tags"}
    assert properties["colour"]["enum"] == ["DarkBlue", "red"]
    nested = properties["properties"]["properties"]
    assert nested["waitTime"] == {"type": "string", "format": "duration", "default": "PT60S"}
    assert nested["scale"]["properties"]["leastCount"]["minimum"] == 0
    assert schema["$defs"]["Part"]["properties"]["partSize"]["description"] == "How big it is."


def marks(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        return {key for key in schema if key.startswith("x-") or key == "restOnly"}.union(*map(marks, schema.values()))
    return set().union(*map(marks, schema)) if isinstance(schema, list) else set()


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.word)
def test_every_noun_is_described_in_both_dialects(noun: Any) -> None:
    document = noun.document.for_type(None)
    yaml, rest = document.json_schema("yaml"), document.json_schema("rest")
    for schema in (yaml, rest):
        assert marks(schema) == set()
        assert schema["description"]
    undocumented = [k for k, part in yaml["properties"].items() if k != "$schema" and "description" not in part]
    assert undocumented == []
    assert not [name for name in rest["properties"] if "." in name or "_" in name]


def test_what_the_store_cannot_read_is_no_problem_of_the_user() -> None:
    with pytest.raises(ValidationError):
        Thing.load({"least": "many"})
