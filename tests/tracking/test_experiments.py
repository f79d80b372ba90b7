"""Experiments: named once in a workspace, found by name and tags, deleted and brought back."""

from __future__ import annotations

import pytest

from lazuli.schema.identity import Scope
from lazuli.schema.problems import Conflict, InvalidInput, NotFound
from lazuli.tracking import Tracking


def test_an_experiment_is_found_by_id_and_name(tracking: Tracking, scope: Scope) -> None:
    made = tracking.experiments.create(scope, "Vision / 2", [("team", "a")])
    found = tracking.experiments.get(scope, made)
    assert (found.name, found.lifecycle, found.tags) == ("Vision / 2", "active", {"team": "a"})
    assert tracking.experiments.get_by_name(scope, "Vision / 2") == found
    with pytest.raises(NotFound):
        tracking.experiments.get_by_name(scope, "vision / 2")


def test_a_name_is_taken_once_in_a_workspace(tracking: Tracking, scope: Scope, other: Scope) -> None:
    made = tracking.experiments.create(scope, "e")
    assert tracking.experiments.create(other, "e") != made
    with pytest.raises(Conflict) as told:
        tracking.experiments.create(scope, "e")
    assert told.value.code == "RESOURCE_ALREADY_EXISTS"
    tracking.experiments.delete(scope, made)
    with pytest.raises(Conflict, match="deleted"):
        tracking.experiments.create(scope, "e")
    assert tracking.experiments.ensure(scope, "e") == made


@pytest.mark.parametrize("name", ["", "  ", None, 7, "x" * 501, "a\0b"])
def test_what_is_no_name_is_told(tracking: Tracking, scope: Scope, name: object) -> None:
    with pytest.raises(InvalidInput):
        tracking.experiments.create(scope, name)


def test_the_default_experiment_is_there_when_asked_for(tracking: Tracking, scope: Scope, other: Scope) -> None:
    default = tracking.experiments.get(scope, "0")
    assert (default.name, tracking.experiments.get(scope, "0").id) == ("Default", default.id)
    assert tracking.experiments.get_by_name(other, "Default").id != default.id


def test_a_deleted_experiment_takes_nothing_and_comes_back(tracking: Tracking, scope: Scope) -> None:
    made = tracking.experiments.create(scope, "e")
    tracking.experiments.delete(scope, made)
    for refused in (
        lambda: tracking.experiments.delete(scope, made),
        lambda: tracking.experiments.rename(scope, made, "f"),
        lambda: tracking.experiments.set_tags(scope, made, [("a", "b")]),
        lambda: tracking.runs.create(scope, made),
    ):
        with pytest.raises(InvalidInput, match="active"):
            refused()
    tracking.experiments.restore(scope, made)
    tracking.experiments.rename(scope, made, "f")
    assert tracking.experiments.get_by_name(scope, "f").id == made
    with pytest.raises(InvalidInput, match="deleted"):
        tracking.experiments.restore(scope, made)


def test_a_name_of_another_is_refused_when_renaming(tracking: Tracking, scope: Scope) -> None:
    first, _ = tracking.experiments.create(scope, "a"), tracking.experiments.create(scope, "b")
    tracking.experiments.rename(scope, first, "a")
    with pytest.raises(Conflict):
        tracking.experiments.rename(scope, first, "b")


def test_tags_come_and_go(tracking: Tracking, scope: Scope) -> None:
    made = tracking.experiments.create(scope, "e")
    tracking.experiments.set_tags(scope, made, [("a", "1"), ("a", "2"), ("b", "3")])
    tracking.experiments.delete_tag(scope, made, "b")
    assert tracking.experiments.get(scope, made).tags == {"a": "2"}
    with pytest.raises(NotFound):
        tracking.experiments.delete_tag(scope, made, "b")


def test_search(tracking: Tracking, scope: Scope, other: Scope) -> None:
    for i in range(5):
        tracking.experiments.create(scope, f"e{i}", [("even", str(i % 2 == 0))])
    tracking.experiments.create(other, "e9")

    def names(**words: object) -> list[str]:
        return [one.name for one in tracking.experiments.search(scope, **words)[0]]  # type: ignore[arg-type]

    assert names() == ["Default", "e4", "e3", "e2", "e1", "e0"]
    assert names(text="tags.even = 'True'", order_by=["name"]) == ["e0", "e2", "e4"]
    assert names(text="name ILIKE 'E%' AND attribute.creation_time > 0", order_by=["creation_time"])[0] == "e0"
    first, token = tracking.experiments.search(scope, limit=4)
    rest, end = tracking.experiments.search(scope, limit=4, page=token)
    assert ([one.name for one in first + rest], end) == (["Default", "e4", "e3", "e2", "e1", "e0"], "")
    tracking.experiments.delete(scope, first[1].id)
    assert names(view="DELETED_ONLY") == ["e4"]
    assert len(names(view="ALL")) == 6
    for wrong in ({"text": "metrics.a > 1"}, {"order_by": ["params.a"]}, {"view": "SOME"}):
        with pytest.raises(InvalidInput):
            names(**wrong)


def test_runs_of_an_experiment_kept_elsewhere_have_their_files_there(tracking: Tracking, scope: Scope) -> None:
    made = tracking.experiments.create(scope, "e", artifact_uri="s3://bucket/e/")
    run = tracking.runs.create(scope, made)
    assert run.artifact_uri == f"s3://bucket/e/{run.id}/artifacts"
