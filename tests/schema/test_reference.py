"""References: every form names the same thing, and the short one is kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.reference import (
    DatastorePath,
    JobOutput,
    Reference,
    expand,
    is_remote,
    parse_datastore_path,
    parse_job_output,
    parse_reference,
    shorten,
)

SCOPE = Scope("S", "G", "W")
LONG = "azureml://subscriptions/S/resourcegroups/G/workspaces/W/datastores/D/paths/a/b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("azureml:name:1", Reference("name", "1")),
        ("azureml:name@latest", Reference("name", label="latest")),
        ("azureml:name", Reference("name")),
        ("name", Reference("name")),
        ("name:1", Reference("name", "1")),
        ("azureml:AzureML-sklearn-1.5@latest", Reference("AzureML-sklearn-1.5", label="latest")),
        (f"{SCOPE.path}/data/n/versions/2", Reference("n", "2", scope=SCOPE)),
        (f"azureml:{SCOPE.path}/data/n/versions/2", Reference("n", "2", scope=SCOPE)),
        (f"{SCOPE.path}/computes/c", Reference("c", scope=SCOPE)),
        ("azureml://locations/L/workspaces/W/data/n/versions/2", Reference("n", "2")),
        ("azureml://locations/L/workspaces/W/environments/n/labels/latest", Reference("n", label="latest")),
        ("./name", None),
        ("a/b", None),
        ("https://x/y", None),
        ("azureml:", None),
        ("azureml:a:b:c", None),
        ("azureml:a:1@latest", None),
        ("azureml:name:1\n", None),
        ("", None),
        ("azureml://jobs/J/outputs/O", None),
    ],
)
def test_references(text: str, expected: Reference | None) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("azureml://datastores/D/paths/a/b", DatastorePath("D", "a/b")),
        ("azureml://datastores/D/paths/a/", DatastorePath("D", "a")),
        ("azureml://datastores/D", DatastorePath("D", "")),
        ("AzureML://Datastores/D/Paths/A", DatastorePath("D", "A")),
        (LONG, DatastorePath("D", "a/b")),
        ("azureml://jobs/J/outputs/O", None),
        ("azureml:D:1", None),
        ("https://x/datastores/D/paths/a", None),
    ],
)
def test_datastore_paths(text: str, expected: DatastorePath | None) -> None:
    assert parse_datastore_path(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("azureml://jobs/J/outputs/O", JobOutput("J", "O")),
        ("azureml://jobs/J/outputs/O/", JobOutput("J", "O")),
        ("azureml://jobs/J/outputs/O/paths/a/b/", JobOutput("J", "O", "a/b")),
        ("azureml://jobs/J/outputs/artifacts/paths/model", JobOutput("J", "artifacts", "model")),
        ("azureml://jobs/J", None),
        ("runs:/R/model", None),
    ],
)
def test_job_outputs(text: str, expected: JobOutput | None) -> None:
    assert parse_job_output(text) == expected


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,20}", fullmatch=True)
VERSIONED = st.builds(Reference, NAMES, NAMES)
ANY = VERSIONED | st.builds(Reference, NAMES) | st.builds(Reference, NAMES, st.just(""), NAMES)


@settings(max_examples=40)
@given(ANY)
def test_a_reference_is_read_as_it_is_spelt(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@settings(max_examples=40)
@given(VERSIONED | st.builds(Reference, NAMES))
def test_the_long_form_is_shortened_to_the_short_one(reference: Reference) -> None:
    assert shorten(expand(str(reference), "data", SCOPE), "data", SCOPE) == str(reference)
    assert shorten(expand(str(reference), "data", SCOPE), "data", None) == str(reference)


@settings(max_examples=40)
@given(NAMES, st.lists(NAMES, max_size=3).map("/".join))
def test_a_datastore_path_is_read_as_it_is_spelt(datastore: str, path: str) -> None:
    place = DatastorePath(datastore, path)
    assert parse_datastore_path(str(place)) == place
    assert parse_datastore_path(place.in_full(SCOPE)) == place


def test_only_ids_of_this_kind_and_workspace_are_shortened() -> None:
    here = ResourceId(SCOPE, "data", "n", "1").path
    elsewhere = ResourceId(Scope("S", "G", "Other"), "data", "n", "1").path
    assert shorten(here.upper(), "data", SCOPE) == "azureml:N:1"
    assert shorten(elsewhere, "data", SCOPE) == elsewhere
    assert shorten(here, "models", SCOPE) == here
    assert shorten("./folder", "data", SCOPE) == "./folder"


@pytest.mark.parametrize("text", ["azureml:n@latest", "./x", "https://x", "${{parent.inputs.c}}", LONG, ""])
def test_what_is_no_plain_reference_is_not_expanded(text: str) -> None:
    assert expand(text, "data", SCOPE) == text


@pytest.mark.parametrize(
    ("text", "remote"),
    [("azureml:n:1", True), ("https://x", True), (SCOPE.path, True), ("./x", False), ("/abs/x", False), ("x", False)],
)
def test_what_the_server_understands_as_it_stands(text: str, remote: bool) -> None:
    assert is_remote(text) is remote
