"""Versions: made once, found by number and by ``latest``, hidden and shown again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.assets.conftest import ME, SCOPE, Room

from lazuli.assets.versions import next_version
from lazuli.schema.problems import Conflict, InvalidInput, NotFound


@pytest.mark.parametrize(
    ("versions", "following"),
    [([], "1"), (["1"], "2"), (["9", "10"], "11"), (["2", "beta", "1.5"], "3"), (["beta"], "1")],
)
def test_the_next_version_is_a_whole_number(versions: list[str], following: str) -> None:
    assert next_version(versions) == following


def test_saying_a_version_again_changes_nothing(room: Room, name: str) -> None:
    first, is_new = room.put("environment", name, "1", image="python:3.11")
    again, is_new_again = room.put("environment", name, "1", image="python:3.11")
    assert (is_new, is_new_again, again.etag) == (True, False, first.etag)


def test_a_version_says_nothing_else_later(room: Room, name: str) -> None:
    room.put("environment", name, "1", image="python:3.11")
    with pytest.raises(Conflict, match=f"Version '1' of environment '{name}' exists with another 'image'") as told:
        room.put("environment", name, "1", image="python:3.12")
    assert (told.value.code, told.value.target) == ("ImmutableAsset", "image")
    assert room.get("environment", name, "1").body == {"image": "python:3.11"}


def test_words_about_it_may_change(room: Room, name: str) -> None:
    room.put("environment", name, "1", image="python:3.11")
    record, _ = room.put("environment", name, "1", image="python:3.11", description="mine", tags={"a": "b"})
    assert record.body == {"image": "python:3.11", "description": "mine", "tags": {"a": "b"}}


def test_latest_is_the_newest_that_is_not_archived(room: Room, name: str) -> None:
    for version in ("1", "9", "10"):
        room.put("environment", name, version, image=f"python:{version}")
    assert room.environments.resolve(SCOPE, f"azureml:{name}@latest", target="t").id.version == "10"
    room.put("environment", name, "10", image="python:10", is_archived=True)
    assert room.environments.resolve(SCOPE, f"azureml:{name}@latest", target="t").id.version == "9"
    assert room.get("environment", name).state == {"latest_version": "9", "next_version": "11"}
    assert room.environments.resolve(SCOPE, f"azureml:{name}:10", target="t").archived
    room.put("environment", name, "10", image="python:10")
    assert room.environments.resolve(SCOPE, f"azureml:{name}@latest", target="t").id.version == "10"


def test_a_name_tells_its_latest_and_its_next_version(room: Room, name: str) -> None:
    for version in ("3", "beta"):
        room.put("environment", name, version, image="x")
    assert room.get("environment", name).state == {"latest_version": "beta", "next_version": "4"}


def test_names_are_one_in_any_case(room: Room, name: str) -> None:
    room.put("environment", name, "1", image="x")
    second, _ = room.put("environment", name.upper(), "2", image="y")
    assert second.id.name == name
    assert room.environments.resolve(SCOPE, f"azureml:{name.lower()}@latest", target="t").id == second.id


def test_an_unknown_version_tells_the_known_ones(room: Room, name: str) -> None:
    for version in ("1", "2"):
        room.put("environment", name, version, image="x")
    with pytest.raises(NotFound, match="Versions here: 2, 1"):
        room.get("environment", name, "3")
    with pytest.raises(InvalidInput, match="Versions here: 2, 1; labels: latest") as told:
        room.environments.resolve(SCOPE, f"azureml:{name}:3", target="environment")
    assert (told.value.target, told.value.code) == ("environment", "ReferenceNotFound")
    with pytest.raises(InvalidInput, match="labels: latest"):
        room.environments.resolve(SCOPE, f"azureml:{name}@stable", target="environment")


def test_a_label_leads_to_one_version_until_it_is_moved_or_that_is_gone(room: Room, name: str) -> None:
    shelf = room.environments
    for version in ("1", "2", "3"):
        room.put("environment", name, version, image=f"x:{version}")
    one, two = room.get("environment", name, "1").id, room.get("environment", name, "2").id

    def led() -> str:
        return shelf.resolve(SCOPE, f"azureml:{name}@stable", target="t").id.version

    assert shelf.set_label(one, "stable", ME).state["labels"] == ["stable"]
    shelf.set_label(one, "old", ME)
    assert led() == "1"
    shelf.set_label(two, "stable", ME)
    assert led() == "2"
    assert room.get("environment", name).state["labels"] == {"old": "1", "stable": "2"}
    assert shelf.by_label(replace(one, version=""), "latest").id.version == "3"
    with pytest.raises(InvalidInput, match="labels: latest, old, stable"):
        shelf.resolve(SCOPE, f"azureml:{name}@none", target="t")
    assert shelf.remove_label(one, "stable", ME)
    assert not shelf.remove_label(one, "stable", ME)
    shelf.delete(one, ME)
    with pytest.raises(NotFound, match="labels: latest"):
        shelf.by_label(replace(one, version=""), "old")


def test_putting_a_version_again_keeps_its_labels(room: Room, name: str) -> None:
    record, _ = room.put("environment", name, "1", image="x")
    room.environments.set_label(record.id, "stable", ME)
    room.put("environment", name, "1", image="x", description="new", is_archived=True)
    assert room.environments.resolve(SCOPE, f"azureml:{name}@stable", target="t").body["description"] == "new"


@pytest.mark.parametrize("label", ["latest", "v1", "", "a b", "a/b", "x" * 256])
def test_words_that_cannot_be_labels_are_refused(room: Room, name: str, label: str) -> None:
    record, _ = room.put("environment", name, "1", image="x")
    with pytest.raises(InvalidInput, match="Use letters, digits"):
        room.environments.set_label(record.id, label, ME)


def test_a_label_needs_a_version_that_is_there_and_is_not_curated(room: Room, name: str) -> None:
    record, _ = room.put("environment", name, "1", image="x")
    with pytest.raises(NotFound, match="Versions here: 1"):
        room.environments.set_label(replace(record.id, version="9"), "stable", ME)
    with pytest.raises(InvalidInput, match="belong to curated environments"):
        room.environments.set_label(replace(record.id, name="AzureML-sklearn-1.5"), "stable", ME)


def test_an_unknown_name_tells_known_ones(room: Room, name: str) -> None:
    room.put("environment", name, "1", image="x")
    with pytest.raises(InvalidInput, match=f"Here are: .*{name}"):
        room.environments.resolve(SCOPE, "azureml:nothing:1", target="environment")


@pytest.mark.parametrize("text", ["", "a/b", "https://x", "azureml:a:b:c"])
def test_what_is_no_reference_is_said(room: Room, text: str) -> None:
    with pytest.raises(InvalidInput, match="Write azureml:<name>:<version>"):
        room.environments.resolve(SCOPE, text, target="environment")


def test_environments_written_inline_are_kept_by_their_content(room: Room) -> None:
    name, hash = "CliV2AnonymousEnvironment", "ab" * 16
    record, is_new = room.put("environment", name, hash, image="python:3.11", is_anonymous=True)
    _, again = room.put("environment", name, hash, image="python:3.11", is_anonymous=True)
    assert (is_new, again) == (True, False)
    assert room.environments.resolve(SCOPE, f"azureml:{name}:{hash}", target="t").id == record.id


@pytest.mark.parametrize(("name", "version"), [("../x", "1"), ("x", "../1"), ("x\n", "1"), ("x", "1\n"), ("", "1")])
def test_names_and_versions_stay_in_their_place(room: Room, name: str, version: str) -> None:
    with pytest.raises(InvalidInput):
        room.put("environment", name, version, image="x")


def test_what_lies_in_another_workspace_is_not_taken_for_ours(room: Room) -> None:
    text = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/other"
    for shelf, kind in (("environment", "environments"), ("data", "data"), ("model", "models")):
        with pytest.raises(InvalidInput) as told:
            room.platform.shelves[shelf].resolve(SCOPE, f"{text}/{kind}/plain/versions/1", target="x")  # type: ignore[attr-defined]
        assert "'other'" in str(told.value) and told.value.code == "ReferenceNotFound"
