from __future__ import annotations

import json
from pathlib import Path

import pytest

from lazuli.client import profile
from lazuli.schema.problems import InvalidInput, Unavailable


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """A machine with a running server, nothing else said; its environment."""
    data, work = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    work.mkdir()
    told = {"pid": 1, "url": "http://127.0.0.1:9999", "ca_file": "/ca.pem"}
    (data / "server.json").write_text(json.dumps(told))
    (data / "token").write_text("first\n")
    return {"LAZULI_DATA_DIR": str(data), "XDG_CONFIG_HOME": str(tmp_path / "config"), "WORK": str(work)}


def find(place: dict[str, str], **flags: str) -> profile.Profile:
    return profile.find(environ=place, folder=Path(place["WORK"]), **flags)


def test_the_server_and_token_of_the_data_folder(place: dict[str, str]) -> None:
    found = find(place)
    assert (found.url, found.token, found.ca_file) == ("http://127.0.0.1:9999", "first", "/ca.pem")
    assert (found.subscription, found.resource_group) == ("00000000-0000-0000-0000-000000000001", "lazuli")


def test_the_shell_goes_before_the_data_folder(place: dict[str, str]) -> None:
    said = {"LAZULI_URL": "https://far:1", "LAZULI_TOKEN": "mine", "LAZULI_CA": "/far.pem"}
    found = find({**place, **said})
    assert (found.url, found.token, found.ca_file) == ("https://far:1", "mine", "/far.pem")


def test_no_server_and_no_token_are_told(place: dict[str, str]) -> None:
    data = Path(place["LAZULI_DATA_DIR"])
    (data / "token").unlink()
    with pytest.raises(InvalidInput, match="no token"):
        find(place)
    (data / "server.json").unlink()
    with pytest.raises(Unavailable, match="lazuli up"):
        find(place)


def test_workspace_by_flag_then_shell_then_tree_then_defaults(place: dict[str, str]) -> None:
    assert find(place).workspace == ""
    profile.remember({"workspace": "kept", "group": "kept-group"}, place)
    assert (find(place).workspace, find(place).resource_group) == ("kept", "kept-group")
    above = Path(place["WORK"]).parent / ".azureml"
    above.mkdir()
    said = {"subscription_id": "s", "resource_group": "tree-group", "workspace_name": "tree"}
    (above / "config.json").write_text(json.dumps(said))
    assert (find(place).workspace, find(place).subscription) == ("tree", "s")
    shell = {**place, "LAZULI_WORKSPACE": "shell"}
    assert (find(shell).workspace, find(shell).resource_group) == ("shell", "tree-group")
    assert find(shell, workspace="flag").workspace == "flag"


def test_a_config_json_of_another_program_is_passed_by(place: dict[str, str]) -> None:
    work = Path(place["WORK"])
    (work / "config.json").write_text('{"learning_rate": 1}')
    (work.parent / "config.json").write_text('{"workspace_name": "up"}')
    assert find(place).workspace == "up"
    (work / "config.json").write_text("no json at all")
    assert find(place).workspace == "up"


@pytest.mark.parametrize(
    ("where", "text", "told"),
    [
        ("config.json", '{"workspace_name": "w",', "cannot be read"),
        (".azureml/config.json", "", "cannot be read"),
        (".azureml/config.json", "[]", "does not hold a JSON object"),
        (".azureml/config.json", '{"subscription_id": "s"}', "names no workspace"),
        ("config.json", '{"workspace_name": 7}', "names no workspace"),
    ],
)
def test_a_broken_config_json_of_ours_is_told(place: dict[str, str], where: str, text: str, told: str) -> None:
    file = Path(place["WORK"]) / where
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    with pytest.raises(InvalidInput, match=told) as caught:
        find(place)
    assert str(file) in caught.value.message


def test_what_is_written_is_found_from_below(place: dict[str, str]) -> None:
    chosen = find(place, subscription="s", resource_group="g", workspace="w")
    below = Path(place["WORK"]) / "a" / "b"
    below.mkdir(parents=True)
    file = profile.write_config(chosen.scope(), Path(place["WORK"]))
    said = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}
    assert json.loads(file.read_text()) == said
    assert profile.find(environ=place, folder=below) == chosen
    with pytest.raises(InvalidInput, match="cannot be written"):
        profile.write_config(chosen.scope(), file)


def test_without_a_workspace_the_mend_says_how_to_get_one(place: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="lazuli workspace create") as told:
        find(place).scope()
    assert "configure --defaults workspace=" in told.value.mend


def test_defaults_are_forgotten_by_an_empty_value_and_known_by_either_word(place: dict[str, str]) -> None:
    profile.remember({"workspace_name": "a", "resource_group": "g"}, place)
    assert profile.remember({"group": ""}, place) == {"workspace": "a"}
    with pytest.raises(InvalidInput, match="'location' is not a default"):
        profile.remember({"location": "x"}, place)
