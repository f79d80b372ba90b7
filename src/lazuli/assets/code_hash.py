"""What a client says a code snapshot's content hashes to, worked out again from what was uploaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from lazuli.store.blobs import Blob

__all__ = ["HASH_VERSION", "has_order", "hash_of", "is_hash_of"]

HASH_VERSION = "202208"
"""What clients call the ways in which they hash."""


def is_hash_of(said: str, files: Mapping[str, Blob], pieces: Callable[[Blob], Iterator[bytes]]) -> bool:
    """Whether ``said`` is the hash of ``files``, which go by their paths, in one of the ways of the clients.

    ``lazuli`` hashes the paths and the hashes of the contents, which are known; only for ``azure-ai-ml`` is a
    content read again.
    """
    return said == hash_of({path: blob.sha256 for path, blob in files.items()}) or said == _of_azure(files, pieces)


def has_order(files: Mapping[str, Blob]) -> bool:
    """Whether no two paths differ in case alone: azure-ai-ml takes such as its disk has them, which nobody knows."""
    return len({path.lower() for path in files}) == len(files)


def hash_of(contents: Mapping[str, str]) -> str:
    """The hash of a snapshot, as ``lazuli`` works it out, of the SHA-256 of every file by its path."""
    total = hashlib.sha256()
    for path, sha256 in sorted(contents.items()):
        total.update(f"{path}\0{sha256}\n".encode())
    return total.hexdigest()


def _of_azure(files: Mapping[str, Blob], pieces: Callable[[Blob], Iterator[bytes]]) -> str:
    """The number of files, path and size of each, then every content, by path in lower case; empty without an order.

    Source: ``get_content_hash`` in azure/ai/ml/_utils/_asset_utils.py of azure-ai-ml 1.35.
    """
    if not has_order(files):
        return ""
    ordered = sorted(files.items(), key=lambda item: item[0].lower())
    total = hashlib.sha256(str(len(files)).encode())
    for path, blob in ordered:
        total.update(f"#{path}#{blob.size}".encode())
    for _, blob in ordered:
        for piece in pieces(blob):
            total.update(piece)
    return total.hexdigest()
