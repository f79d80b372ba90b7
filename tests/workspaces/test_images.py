"""The container registry of a workspace is an OCI image layout."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lazuli.schema.identity import ResourceId, Scope
from lazuli.store.documents import Record
from lazuli.workspaces.images import Images

ONE = Record(ResourceId(Scope("s", "g", "one")), {}, {"workspace_id": "11"})


def test_a_layout_is_made_once_and_keeps_its_images(tmp_path: Path) -> None:
    images = Images(tmp_path / "registry")
    images.open(ONE)
    folder = images.folder(ONE)
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads((folder / "index.json").read_text())
    assert (index["schemaVersion"], index["manifests"]) == (2, [])
    assert (folder / "blobs" / "sha256").is_dir()
    (folder / "index.json").write_text('{"schemaVersion": 2, "manifests": [{}]}')
    images.open(ONE)
    assert len(json.loads((folder / "index.json").read_text())["manifests"]) == 1


def test_many_who_open_it_at_once_make_one(tmp_path: Path) -> None:
    for number in range(20):
        images = Images(tmp_path / str(number))
        start = threading.Barrier(8)

        def open_it(images: Images = images, start: threading.Barrier = start) -> None:
            start.wait()
            images.open(ONE)

        with ThreadPoolExecutor(8) as pool:
            for opened in [pool.submit(open_it) for _ in range(8)]:
                opened.result()
        assert sorted(file.name for file in images.folder(ONE).iterdir()) == ["blobs", "index.json", "oci-layout"]


def test_it_goes_with_its_workspace(tmp_path: Path) -> None:
    images = Images(tmp_path)
    images.open(ONE)
    folder = images.folder(ONE)
    images.close(ONE)
    images.close(ONE)
    assert not folder.exists()
