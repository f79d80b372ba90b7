from __future__ import annotations

from pathlib import Path

import pytest

from lazuli.client.snapshot import Snapshot, scan, scan_code
from lazuli.schema.problems import Conflict, InvalidInput


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def names(snapshot: Snapshot) -> list[str]:
    return [file.relative for file in snapshot.files]


def test_equal_content_has_an_equal_hash_wherever_it_lies(tmp_path: Path) -> None:
    files = {"train.py": "print(1)", "lib/a.py": "a"}
    one, two = write(tmp_path / "one", files), write(tmp_path / "two", dict(reversed(files.items())))
    assert scan(one).digest == scan(two).digest
    assert names(scan(one)) == ["lib/a.py", "train.py"]


@pytest.mark.parametrize(
    "files", [{"a": "1", "b": "3"}, {"a": "1", "c": "2"}, {"a": "1"}, {"a": "1b\n2"}, {"a1": "", "b": "2"}]
)
def test_another_content_name_or_split_has_another_hash(tmp_path: Path, files: dict[str, str]) -> None:
    assert scan(write(tmp_path / "x", {"a": "1", "b": "2"})).digest != scan(write(tmp_path / "y", files)).digest


def test_code_leaves_out_what_is_ignored(tmp_path: Path) -> None:
    files = {
        "train.py": "", "data.csv": "", "keep.csv": "", "out/x": "", ".git/HEAD": "", "a/__pycache__/b.pyc": "",
        "a/b.py": "", ".gitignore": "*.csv\n!keep.csv\nout/\n",
    }  # fmt: skip
    assert names(scan_code(write(tmp_path, files))) == [".gitignore", "a/b.py", "keep.csv", "train.py"]


def test_amlignore_goes_before_gitignore(tmp_path: Path) -> None:
    files = {".amlignore": "secret*\n", ".gitignore": "*.py\n", "train.py": "", "secret.txt": ""}
    assert names(scan_code(write(tmp_path, files))) == [".amlignore", ".gitignore", "train.py"]


def test_data_keeps_everything(tmp_path: Path) -> None:
    files = {".gitignore": "*\n", "__pycache__/x": "", "a": ""}
    assert names(scan(write(tmp_path, files))) == [".gitignore", "__pycache__/x", "a"]


def test_a_file_is_a_snapshot_of_one(tmp_path: Path) -> None:
    found = scan(write(tmp_path, {"a.csv": "1,2"}) / "a.csv")
    assert (found.name, names(found), found.is_folder, found.size) == ("a.csv", ["a.csv"], False, 3)


def test_a_link_that_leads_back_up_ends(tmp_path: Path) -> None:
    write(tmp_path, {"d/a": "1"})
    (tmp_path / "d" / "up").symlink_to(tmp_path)
    assert names(scan(tmp_path)) == ["d/a"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no files to upload"):
        scan(tmp_path)


def test_a_change_while_uploading_is_noticed(tmp_path: Path) -> None:
    found = scan(write(tmp_path, {"a": "1"}))
    found.files[0].still()
    write(tmp_path, {"a": "12"})
    with pytest.raises(Conflict, match="changed while"):
        found.files[0].still()
