"""Layers and layouts as OCI's image specification has them: the same files always give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lazuli.schema.problems import InvalidInput

__all__ = ["Base", "Entry", "Image", "base_in", "write_archive", "write_layout"]

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_LEVEL = 1  # the next ones take twice the time, and save a few percent


@dataclass(frozen=True)
class Entry:
    """Something in a layer: the copy of a file, a file of some bytes, a link, or a folder."""

    source: Path | None = None
    content: bytes | None = None
    link: str = ""
    mode: int = 0o644

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.source is None and self.content is None and not self.link


@dataclass(frozen=True)
class Base:
    """What an image stands on: the layers of another."""

    blobs: Mapping[str, Path] = field(default_factory=dict)
    """Where each of its layers lies, by digest."""
    layers: tuple[Mapping[str, Any], ...] = ()
    """As its manifest says them."""
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """What becomes an image."""

    name: str
    layers: tuple[tuple[str, Mapping[str, Entry]], ...]
    """What each is, and its entries by their path from the root, without a ``/`` before it."""
    config: Mapping[str, Any]
    """``Env``, ``Cmd``, … as OCI's image configuration spells it."""
    base: Base = field(default_factory=Base)


def write_layout(image: Image, folder: Path) -> str:
    """Write an image as an OCI layout into a folder, which is made; the digest of its manifest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    said, diffs, history = list(image.base.layers), _base_diffs(image.base), []
    for digest, file in image.base.blobs.items():
        shutil.copyfile(file, blobs / digest.removeprefix("sha256:"))
    for what, entries in image.layers:
        digest, diff, size = _write_layer(entries, blobs)
        said.append({"mediaType": _LAYER, "digest": digest, "size": size})
        diffs.append(diff)
        history.append({"created_by": what})
    machine = platform.machine()
    config = {
        "architecture": _MACHINES.get(machine, machine),
        "os": "linux",
        "config": _config(image),
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": [*image.base.config.get("history", ()), *history],
    }
    described = _put(blobs, _CONFIG, config)
    manifest = _put(blobs, _MANIFEST, {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": said})
    named = {**manifest, "annotations": {"org.opencontainers.image.ref.name": image.name}}
    (folder / "oci-layout").write_bytes(_LAYOUT)
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [named]}))
    return str(manifest["digest"])


def write_archive(layout: Path, file: Path) -> None:
    """Write a layout as one file, which ``podman load`` and its kin read."""
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(layout.rglob("*")):
            if path.is_file():
                archive.add(path, str(path.relative_to(layout)), filter=_plain)


def base_in(place: Path, scratch: Path) -> Base:
    """The image of an OCI layout: a folder, or an archive, which is unpacked below ``scratch``.

    Raises :class:`InvalidInput` for what is none, or holds several for other machines than this.
    """
    folder = place
    if place.is_file():
        folder = scratch
        try:
            with tarfile.open(place) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, OSError) as error:
            raise _no_layout(place) from error

    def read(said: Mapping[str, Any]) -> dict[str, Any]:
        return json.loads(_blob(folder, str(said["digest"])).read_bytes())

    try:
        index = json.loads((folder / "index.json").read_bytes())
        while "manifests" in index:
            index = read(_ours(index["manifests"], place))
        config = read(index["config"])
        layers = tuple(index["layers"])
        blobs = {str(layer["digest"]): _blob(folder, str(layer["digest"])) for layer in layers}
        if missing := [digest for digest, file in blobs.items() if not file.is_file()]:
            raise InvalidInput(f"The layer {missing[0]} of the base image is missing.", target="base")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_layout(place) from error
    return Base(blobs, layers, config)


def _ours(manifests: list[Mapping[str, Any]], place: Path) -> Mapping[str, Any]:
    """The one of several manifests that is for a machine like this."""
    machine = _MACHINES.get(platform.machine(), platform.machine())
    found = [each for each in manifests if (each.get("platform") or {}).get("architecture", machine) == machine]
    if not found:
        raise InvalidInput(f"'{place}' has no image for {machine}.", target="base")
    return found[0]


def _no_layout(place: Path) -> InvalidInput:
    return InvalidInput(
        f"'{place}' is no OCI image layout.",
        target="base",
        mend="Make one: 'podman save --format oci-archive -o base.tar IMAGE'.",
    )


def _blob(folder: Path, digest: str) -> Path:
    kind, _, word = digest.partition(":")
    if kind != "sha256" or not word.isalnum():
        raise ValueError(digest)
    return folder / "blobs" / kind / word


def _base_diffs(base: Base) -> list[str]:
    return list((base.config.get("rootfs") or {}).get("diff_ids") or ())


def _config(image: Image) -> dict[str, Any]:
    """The configuration, over that of what it stands on: its variables stay where ours do not say them."""
    before = dict(image.base.config.get("config") or {})
    variables = dict(each.partition("=")[::2] for each in before.get("Env") or ())
    variables |= dict(each.partition("=")[::2] for each in image.config.get("Env") or ())
    given = {**before, **image.config, "Env": [f"{name}={value}" for name, value in variables.items()]}
    return {name: value for name, value in given.items() if value is not None}


def _write_layer(entries: Mapping[str, Entry], blobs: Path) -> tuple[str, str, int]:
    """Write a layer; its digest, that of what it holds, and its size."""
    part = blobs / "layer.part"
    with part.open("wb") as file:
        packed = gzip.GzipFile("", "wb", _LEVEL, file, mtime=0)
        plain = _Hashed(packed)
        with tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for path, entry in sorted(_with_folders(entries).items()):
                _add(archive, path, entry)
        packed.close()
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = part.stat().st_size
    part.replace(blobs / digest)
    return f"sha256:{digest}", f"sha256:{plain.hash.hexdigest()}", size


class _Hashed(io.RawIOBase):
    """A file that is written, and its hash."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Write it."""
        self.hash.update(data)
        return self._file.write(data)


def _with_folders(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries and the folders that hold them."""
    links = {path for path, entry in entries.items() if entry.link}
    folders = {str(parent) for path in entries for parent in PurePosixPath(path).parents} - {".", *links}
    return {**{folder: Entry(mode=0o755) for folder in folders}, **entries}


def _add(archive: tarfile.TarFile, path: str, entry: Entry) -> None:
    info = tarfile.TarInfo(path)
    info.mode = entry.mode
    if entry.link:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
    elif entry.is_folder:
        info.type = tarfile.DIRTYPE
    elif entry.content is not None:
        info.size = len(entry.content)
        archive.addfile(info, io.BytesIO(entry.content))
        return
    elif entry.source is not None:
        with entry.source.open("rb") as file:
            info.size = entry.source.stat().st_size
            archive.addfile(info, file)
        return
    archive.addfile(info)


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    info.mode = 0o644
    return info


def _put(blobs: Path, kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    data = _json(said)
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}


def _json(said: Mapping[str, Any] | Iterable[Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
