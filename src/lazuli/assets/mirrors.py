"""Folders of this machine that stand for remote addresses, so that what names those runs without a network.

One address may be written in several ways; a mirror answers them all: ``wasbs://c@a.blob.core.windows.net/x``,
``abfss://c@a.dfs.core.windows.net/x`` and ``https://a.blob.core.windows.net/c/x`` are the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lazuli.schema.problems import InvalidInput
from lazuli.store.paths import clean

__all__ = ["Mirrored", "Mirrors"]

_BLOB = frozenset({"wasb", "wasbs", "abfs", "abfss"})


class Mirrored(NamedTuple):
    """Where a mirror keeps what lies at an address."""

    folder: Path
    """The folder of the mirror; nothing outside it is read."""
    path: str
    """The path in it; '' for the folder itself."""


class Mirrors:
    """The mirrors of a server. Raises :class:`InvalidInput` for one that would show the server's own data."""

    def __init__(self, folders: Mapping[str, Path], data_dir: Path) -> None:
        self._folders: dict[str, Path] = {}
        own = data_dir.resolve()
        for address, folder in folders.items():
            real = folder.resolve()
            if real.is_relative_to(own) or own.is_relative_to(real):  # the keys of the server lie there
                raise InvalidInput(
                    f"The mirror '{folder}' and the server's data folder lie in one another.",
                    target="mirrors",
                    mend="Keep the mirror in a folder of its own.",
                )
            self._folders[_plain(address).rstrip("/")] = folder

    def find(self, address: str) -> Mirrored | None:
        """Where the mirror of an address keeps it, the closest one where several fit; None where there is none.

        Raises :class:`InvalidInput` for an address that steps upwards.
        """
        plain = _plain(address) if self._folders else ""
        for start in sorted(self._folders, key=len, reverse=True):
            rest = plain.removeprefix(start)
            if plain.startswith(start) and rest[:1] in ("", "/"):
                path = unquote(rest).strip("/")
                return Mirrored(self._folders[start], clean(path) if path else "")
        return None


def _plain(address: str) -> str:
    """An address as all that mean the same are compared: without a signature, and Azure's as ``https``."""
    try:
        url = urlsplit(address)
    except ValueError:  # a bracket that does not close
        return address
    scheme, host = url.scheme.lower(), url.netloc.lower()
    if scheme in _BLOB and "@" in url.netloc:
        container, _, host = url.netloc.partition("@")
        return f"https://{_blob(host.lower())}/{container.lower()}{url.path}"
    scheme = "https" if scheme == "http" else scheme
    return f"{scheme}://{_blob(host)}{url.path}"


def _blob(host: str) -> str:
    """Data Lake's name of an account's host is another door to the same files."""
    return host.replace(".dfs.core.", ".blob.core.", 1)
