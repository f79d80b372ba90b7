"""Images are made of files alone, and the same files always make the same image."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lazuli.compute.images.layers import Entry, Image, base_in, write_archive, write_layout
from lazuli.compute.images.roots import bytecode, folder_entries, libraries, placed
from lazuli.schema.problems import InvalidInput

FILES = {
    "usr/bin/tool": Entry(content=b"#!/bin/sh\n", mode=0o755),
    "bin": Entry(link="usr/bin"),
    "tmp": Entry(mode=0o1777),
}


def written(folder: Path, layout: str) -> tuple[Path, str]:
    image = Image("localhost/x:1", (("files", FILES),), {"Env": ["A=1"], "Cmd": ["tool"]})
    return folder / layout, write_layout(image, folder / layout)


def config(layout: Path) -> dict:
    def read(digest: str) -> dict:
        return json.loads((layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes())

    manifest = read(json.loads((layout / "index.json").read_bytes())["manifests"][0]["digest"])
    return {**read(manifest["config"]["digest"]), "layers": [layer["digest"] for layer in manifest["layers"]]}


def test_the_same_files_make_the_same_image(tmp_path: Path) -> None:
    first, digest = written(tmp_path, "first")
    (second, again) = written(tmp_path, "second")
    assert digest == again
    for layout in (first, second):
        write_archive(layout, tmp_path / f"{layout.name}.tar")
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


def test_a_layer_holds_what_was_said_and_belongs_to_root(tmp_path: Path) -> None:
    layout, _ = written(tmp_path, "layout")
    [layer] = config(layout)["layers"]
    with tarfile.open(layout / "blobs/sha256" / layer.removeprefix("sha256:")) as archive:
        found = {member.name: member for member in archive}
    assert sorted(found) == ["bin", "tmp", "usr", "usr/bin", "usr/bin/tool"]
    assert (found["bin"].linkname, found["tmp"].mode, found["usr/bin/tool"].mode) == ("usr/bin", 0o1777, 0o755)
    assert {(member.uid, member.mtime, member.uname) for member in found.values()} == {(0, 0, "")}


@pytest.mark.parametrize("form", ["layout", "layout.tar"])
def test_an_image_stands_on_another(tmp_path: Path, form: str) -> None:
    below, _ = written(tmp_path, "layout")
    write_archive(below, tmp_path / "layout.tar")
    base = base_in(tmp_path / form, tmp_path / "scratch")
    image = Image("localhost/y:1", (("more", {"etc/more": Entry(content=b"x")}),), {"Env": ["B=2"]}, base)
    write_layout(image, tmp_path / "above")
    said = config(tmp_path / "above")
    assert said["layers"][:-1] == config(below)["layers"]
    assert len(said["rootfs"]["diff_ids"]) == len(said["layers"]) == len(said["history"]) == 2
    assert said["config"] == {"Env": ["A=1", "B=2"], "Cmd": ["tool"]}
    assert all((tmp_path / "above/blobs/sha256" / layer.removeprefix("sha256:")).is_file() for layer in said["layers"])


@pytest.mark.parametrize("index", ["{}", "[]", '{"manifests": []}', '{"manifests": [{"digest": "sha256:../../x"}]}'])
def test_what_is_no_image_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / "index.json").write_text(index)
    with pytest.raises(InvalidInput):
        base_in(tmp_path, tmp_path / "scratch")


def test_libraries_lie_below_usr() -> None:
    found = libraries([Path(sys.executable).resolve()])
    assert any(path.startswith("usr/lib") and "libc.so" in path for path in found)
    assert placed(Path("/lib64/ld-linux-x86-64.so.2")) == "usr/lib64/ld-linux-x86-64.so.2"
    assert placed(Path("/usr/lib/python3.11/os.py")) == "usr/lib/python3.11/os.py"
    assert placed(Path("/opt/lib/x")) == "opt/lib/x"


def test_compiled_files_are_taken_whatever_the_time_of_their_source(tmp_path: Path) -> None:
    (tmp_path / "said.py").write_text("word = 'compiled'\n")
    (tmp_path / "broken.py").write_text("word =\n")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = bytecode(folder_entries(tmp_path, "a"), version)
    [(path, entry)] = found.items()
    assert path.startswith("a/__pycache__/said.") and entry.content is not None
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / Path(path).name).write_bytes(entry.content)
    (tmp_path / "said.py").write_text("word = 'source'\n")
    command = [sys.executable, "-c", "import said; print(said.word)"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "compiled\n"
    assert bytecode(folder_entries(tmp_path, "a"), "3.7") == {}
