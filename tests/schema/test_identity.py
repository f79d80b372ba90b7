"""Names and resource ids: none leads anywhere it should not, and case never makes two of one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazuli.schema.identity import ResourceId, Scope, check_name, parse_resource_id
from lazuli.schema.problems import InvalidInput

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,30}", fullmatch=True)
SCOPES = st.builds(Scope, NAMES, NAMES, NAMES)
IDS = st.builds(ResourceId, SCOPES, st.sampled_from(["jobs", "data"]), NAMES, st.just("") | NAMES)


@settings(max_examples=40)
@given(NAMES)
def test_a_name_is_given_back(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "a b", "a\n", "-a", "_a", "ü", "a\0", "a%2Fb", "a:b", "a" * 256]
)
def test_what_cannot_be_a_name_is_refused_with_its_mend(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a job name") as caught:
        check_name(name, target="name", what="job name")
    assert "letters" in caught.value.mend


@settings(max_examples=40)
@given(IDS)
def test_an_id_is_read_as_it_is_spelt(id: ResourceId) -> None:
    assert parse_resource_id(id.path) == id


@settings(max_examples=40)
@given(IDS, st.randoms())
def test_case_makes_no_difference_to_what_it_names(id: ResourceId, random: st.randoms) -> None:  # pyright: ignore
    mixed = "".join(random.choice((letter.upper(), letter.lower())) for letter in id.path)
    found = parse_resource_id(mixed)
    assert found is not None
    assert found.key == id.key


def test_a_workspace_is_an_id_without_kind() -> None:
    scope = Scope("s", "g", "w")
    assert parse_resource_id(scope.path) == ResourceId(scope)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "/subscriptions/s",
        "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/workspaces/w",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/jobs",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/jobs/j/x/1",
        "/subscriptions/s/resourceGroups/g/providers/MicrosoftxMachineLearningServices/workspaces/w",
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w\n",
    ],
)
def test_anything_else_is_no_id(text: str) -> None:
    assert parse_resource_id(text) is None
