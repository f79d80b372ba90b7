"""Whatever reads text from outside reads it or tells a problem: no other exception comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.assets.mirrors import Mirrors
from lazuli.resources.table import NOUNS
from lazuli.schema import bindings, reference
from lazuli.schema.identity import Scope, parse_resource_id
from lazuli.schema.problems import Problem
from lazuli.schema.yaml import parse
from lazuli.server.storage_xml import read_block_list, read_marker
from lazuli.store import paths, sas
from lazuli.store.settings import load
from lazuli.tracking.filters import Vocabulary, parse_filter, parse_order

SCOPE = Scope("s", "g", "w")
KINDS = frozenset({"metric", "param", "tag", "attribute"})
RUNS = Vocabulary(KINDS, frozenset({"status"}), frozenset({"start_time"}), {"run_name": "tags.name"})
FEW = settings(max_examples=60, deadline=None, database=None, derandomize=True)
WORDS = st.sampled_from(
    [
        *("azureml:", "azureml://", "datastores", "paths", "jobs", "outputs", "registries", "labels", "versions", "@"),
        *("/subscriptions/", "resourceGroups", "workspaces", "runs:/", "https://", "wasbs://", "http://[", "..", "//"),
        *("metrics.", "params.", "tags.`", "attributes.", "and", "AND", "IN", "LIKE", "!=", ">=", "'", '"', "(", ")"),
        *(
            "${{",
            "}}",
            "inputs.",
            "\0",
            "\ud800",
            "1e999",
            "9" * 400,
            "%00",
            "%2e%2e/",
            "\\",
            "\n",
            "\t",
            ":",
            "-",
            "#",
        ),
        *("&a", "*a", "!!python", "{", "}", "[", "]", "<<:", "? ", "|", "name: ", "type: ", "command: ", "path: "),
    ]
)
TEXT = st.lists(WORDS | st.text(max_size=5), max_size=12).map("".join)
READERS: dict[str, Callable[[str], object]] = {
    "reference": reference.parse_reference,
    "registry": reference.parse_registry,
    "datastore path": reference.parse_datastore_path,
    "job output": reference.parse_job_output,
    "is remote": reference.is_remote,
    "resource id": parse_resource_id,
    "short": lambda text: reference.shorten(text, "data", SCOPE),
    "long": lambda text: reference.expand(text, "data", SCOPE),
    "binding": lambda text: bindings.render(text, lambda binding: "x"),
    "filter": lambda text: parse_filter(text, RUNS),
    "order": lambda text: parse_order([text], RUNS),
    "path": paths.clean,
    "marker": read_marker,
    "mirror": Mirrors({"https://example.org": Path("/srv")}, Path("/var/x")).find,
    "mirrors": lambda text: load({"LAZULI_MIRRORS": text}, data_dir="/nowhere").mirror_folders,
    "prices": lambda text: load({"LAZULI_PRICES": text}, data_dir="/nowhere").price_list,
}


@pytest.mark.parametrize("reader", READERS)
@FEW
@given(text=TEXT)
def test_a_text(reader: str, text: str) -> None:
    with suppress(Problem):
        READERS[reader](text)


@FEW
@given(
    body=st.binary(max_size=60) | TEXT.map(lambda text: f"<BlockList><Latest>{text}</Latest>".encode(errors="replace"))
)
def test_a_block_list(body: bytes) -> None:
    with suppress(Problem):
        read_block_list(body)


@pytest.mark.parametrize("noun", [noun.word for noun in NOUNS])
@FEW
@given(text=TEXT)
def test_a_file(noun: str, text: str) -> None:
    document = next(one.document for one in NOUNS if one.word == noun)
    with suppress(Problem):
        document.from_yaml(parse(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT, lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["type", "path", "uri", "mode", "jobType", "x", "tags"]), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.parametrize("noun", [noun.word for noun in NOUNS])
@FEW
@given(data=st.data())
def test_a_body(noun: str, data: st.DataObject) -> None:
    document = next(one.document for one in NOUNS if one.word == noun)
    aliases = [(field.alias or name).partition(".")[0] for name, field in document.model_fields.items()]
    said = data.draw(st.dictionaries(st.sampled_from(aliases), VALUES, max_size=6))
    with suppress(Problem):
        document.from_rest(said, SCOPE).to_rest(SCOPE)


WORDS_OF_SAS = st.sampled_from(["sv", "sr", "sp", "se", "st", "sig", "spr", "sip", "ske", "sks"])


@FEW
@given(query=st.dictionaries(WORDS_OF_SAS, TEXT, max_size=10))
def test_a_signature(query: Mapping[str, str]) -> None:
    with suppress(Problem):
        sas.verify(query, "eHg=", ["lazuli"], "container", "blob", "r", 1)
