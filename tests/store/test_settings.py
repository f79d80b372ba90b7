"""Settings: where each comes from, which wins, and what a slip is told."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from lazuli.schema.problems import InvalidInput
from lazuli.store.settings import Settings, default_data_dir, load


def toml(folder: Path, text: str) -> dict[str, str]:
    (folder / "lazuli.toml").write_text(text, encoding="utf-8")
    return {"LAZULI_DATA_DIR": str(folder)}


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load({"LAZULI_DATA_DIR": str(tmp_path)}) == Settings(data_dir=tmp_path)


def test_given_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    environ = toml(tmp_path, 'port = 1\nworkers = 2\nregion = "here"\n')
    environ |= {"LAZULI_PORT": "3", "LAZULI_WORKERS": "4"}
    settings = load(environ, port=5, host=None)
    assert (settings.port, settings.workers, settings.region, settings.host) == (5, 4, "here", "127.0.0.1")


def test_the_https_port_is_the_next_one_unless_set() -> None:
    assert Settings(port=100).secure_port == 101
    assert Settings(port=100, https_port=300).secure_port == 300


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_the_data_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({}, data_dir="data").data_dir == tmp_path / "data"
    assert default_data_dir({"LAZULI_DATA_DIR": ""}) == Path.home() / ".lazuli"


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("prot = 1", "'prot' is not a setting", "'port'"),
        ("port = true", "lazuli.toml: port is True, not a whole number", ""),
        ("port = 1.5", "not a whole number", ""),
        ("port = []", "not a whole number", ""),
        ('port = "x"', "not a whole number", ""),
        ("port = 65536", "from 0 to 65535", ""),
        ("workers = 0", "from 1 to", ""),
        ("host = 1", "not text", "quotes"),
        ('log_level = "inof"', "log_level is 'inof'", "'info'"),
        ('data_dir = "/x"', "cannot be set there", "--data-dir"),
        ("port =", "not valid TOML", ""),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_mend(tmp_path: Path, text: str, message: str, mend: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(toml(tmp_path, text))
    assert message in caught.value.message
    assert mend in caught.value.mend


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "lazuli.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="not valid TOML"):
        load({"LAZULI_DATA_DIR": str(tmp_path)})


def test_a_slip_in_a_variable_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="LAZULI_PORT is 'many'"):
        load({"LAZULI_DATA_DIR": str(tmp_path), "LAZULI_PORT": "many"})
