"""The container registry of a workspace: a folder in the OCI image layout, which every container tool reads."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from lazuli.store.documents import Record
from lazuli.workspaces.workspaces import workspace_id

__all__ = ["Images"]

_LAYOUT = {"imageLayoutVersion": "1.0.0"}
_INDEX = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}


class Images:
    """The image folders of all workspaces, below ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, workspace: Record) -> Path:
        """Where the layout of a workspace lies."""
        return self._root / workspace_id(workspace)

    def open(self, workspace: Record) -> None:
        """Make the layout of a workspace where there is none yet; images that are there stay."""
        folder = self.folder(workspace)
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        # The index first: a folder with 'oci-layout' is complete.
        for name, content in (("index.json", _INDEX), ("oci-layout", _LAYOUT)):
            if not (folder / name).exists():
                _write_first(folder / name, json.dumps(content))

    def close(self, workspace: Record) -> None:
        """Remove the images of a workspace that is gone. Safe to repeat."""
        shutil.rmtree(self.folder(workspace), ignore_errors=True)


def _write_first(file: Path, text: str) -> None:
    """Write a file that appears whole. Of several who do so at once one is first, and its file stays."""
    ready = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    ready.write_text(text, encoding="utf-8")
    with suppress(FileExistsError):  # a link, unlike a rename, replaces nothing
        os.link(ready, file)
    ready.unlink()
