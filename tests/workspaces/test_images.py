"""The container registry of a workspace is an OCI image layout."""

from __future__ import annotations

import json
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


def test_it_goes_with_its_workspace(tmp_path: Path) -> None:
    images = Images(tmp_path)
    images.open(ONE)
    folder = images.folder(ONE)
    images.close(ONE)
    images.close(ONE)
    assert not folder.exists()
