"""The one opener of storage outside this server: a bucket reached over the network, or a folder of this machine.

Every byte that comes from or goes to a user's own storage passes here, and nothing else is reached than what a
datastore names: no credentials of the server itself are ever used, an endpoint may not be an address that only this
machine's own cloud or network card answers, and a folder must lie below one that the server's settings allow.

A bucket is spoken to through fsspec; its packages come with the extra ``cloud`` and are imported when one is opened.
"""

from __future__ import annotations

import base64
import io
import ipaddress
import os
import re
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import SplitResult, urlsplit

from lazuli.assets.clouds import AZURE_DOMAIN, open_bucket
from lazuli.resources.datastore import Datastore, DatastoreType
from lazuli.schema.problems import InvalidInput, Problem, Unavailable
from lazuli.store.paths import clean, inside
from lazuli.store.settings import Settings

__all__ = [
    "AZURE_DOMAIN",
    "Folder",
    "Outside",
    "OutsideFile",
    "check_folder",
    "check_host",
    "check_place",
    "open_outside",
]

_PIECE = 8 << 20
_CHANGED = ("last_modified", "LastModified", "updated", "mtime")
_DOMAIN = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", re.IGNORECASE)
_DASHED = "3 to 63 small letters, digits and single '-' between them"
_NAMES = {
    "account_name": (re.compile(r"^[a-z0-9]{3,24}$"), "3 to 24 small letters and digits"),
    "container_name": (re.compile(r"^(\$root|\$web|[a-z0-9](-?[a-z0-9]){2,62})$"), _DASHED),
    "filesystem": (re.compile(r"^[a-z0-9](-?[a-z0-9]){2,62}$"), _DASHED),
    "bucket_name": (
        re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{1,220}[A-Za-z0-9]$"),
        "3 to 222 letters, digits, '.', '_' and '-', with a letter or digit at both ends",
    ),
    "region": (re.compile(r"^[a-z0-9-]{1,40}$"), "small letters, digits and '-', such as eu-central-1"),
}
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))
"""Where clouds tell a machine who it is, besides the link-local addresses: AWS over IPv6, Alibaba, Azure."""


@dataclass(frozen=True)
class OutsideFile:
    """A file as its storage knows it."""

    path: str
    size: int
    etag: str
    """Another one whenever the content is."""
    md5: bytes = b""
    """The digest of the content, where the storage tells it."""
    modified_at: int = 0
    """When it was changed last, in milliseconds; 0 where the storage does not tell."""


class Outside(Protocol):
    """Storage outside this server, opened. Every method may be called from any thread.

    Raises :class:`Unavailable` where it cannot be reached and :class:`InvalidInput` where it lets nobody in.
    """

    def stat(self, path: str) -> OutsideFile | None:
        """The file at ``path``, or None where it is a folder or nothing."""
        ...

    def files(self, path: str) -> Iterator[OutsideFile]:
        """Every file below the folder ``path``."""
        ...

    def level(self, path: str) -> tuple[list[str], list[OutsideFile]]:
        """The names of the folders right below the folder ``path``, and the files there; in no order."""
        ...

    def open(self, file: OutsideFile) -> BinaryIO:
        """A file to be read from any place in it, piece by piece."""
        ...

    def fetch(self, file: OutsideFile, target: Path, go_on: Callable[[], None]) -> None:
        """Copy a file to ``target``, whole. ``go_on`` is asked between pieces; what it raises ends the copy."""
        ...

    def send(self, source: Path, path: str) -> None:
        """Copy a file of this machine to ``path``, in place of what is there. Safe to repeat."""
        ...


class Folder:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def at(self, path: str) -> Path:
        """The file or folder at ``path``. Raises :class:`InvalidInput` where it leads out of the datastore."""
        return inside(self._root, path) if path else self._root

    def stat(self, path: str) -> OutsideFile | None:
        """The file at ``path``, or None where it is a folder or nothing."""
        found = self.at(path)
        return _known(path, found) if found.is_file() else None

    def files(self, path: str) -> Iterator[OutsideFile]:
        """Every file below the folder ``path``; links that lead out of the datastore are passed over."""
        start = self.at(path)
        root = self._root.resolve()
        for folder, _, names in os.walk(start):
            for name in sorted(names):
                file = Path(folder) / name
                if file.is_file() and file.resolve().is_relative_to(root):
                    yield _known(f"{path}/{file.relative_to(start).as_posix()}".lstrip("/"), file)

    def level(self, path: str) -> tuple[list[str], list[OutsideFile]]:
        """The names of the folders right below the folder ``path``, and the files there."""
        folder, root = self.at(path), self._root.resolve()
        folders: list[str] = []
        files: list[OutsideFile] = []
        for found in folder.iterdir() if folder.is_dir() else ():
            if not found.resolve().is_relative_to(root):
                continue
            if found.is_dir():
                folders.append(found.name)
            elif found.is_file():
                files.append(_known(f"{path}/{found.name}".lstrip("/"), found))
        return folders, files

    def open(self, file: OutsideFile) -> BinaryIO:
        """A file to be read."""
        return self.at(file.path).open("rb")

    def fetch(self, file: OutsideFile, target: Path, go_on: Callable[[], None]) -> None:
        """Copy a file to ``target``."""
        go_on()
        shutil.copyfile(self.at(file.path), target)

    def send(self, source: Path, path: str) -> None:
        """Copy a file to ``path``; it appears there whole."""
        target = self.at(path)
        ready = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(source, ready)
                ready.replace(target)
            finally:
                ready.unlink(missing_ok=True)
        except OSError as error:
            raise InvalidInput(
                f"'{path[:200]}' could not be written: {error.strerror}.", target="path", code="DatastoreUnwritable"
            ) from None


def _known(path: str, file: Path) -> OutsideFile:
    info = file.stat()
    etag = f"{info.st_mtime_ns:x}-{info.st_size:x}"
    return OutsideFile(path, info.st_size, etag, modified_at=info.st_mtime_ns // 1_000_000)


class _Bucket:
    """A container or bucket, through fsspec."""

    def __init__(self, name: str, files: Any, root: str, secrets: Mapping[str, str]) -> None:
        self._name = name
        self._fs = files
        self._root = root
        self._secrets = tuple(secrets.values())

    def stat(self, path: str) -> OutsideFile | None:
        """The file at ``path``, or None where it is a folder or nothing."""
        with self._told():
            try:
                info = self._fs.info(self._full(path))
            except FileNotFoundError:
                return None
        return self._file(info) if _is_file(info) else None

    def files(self, path: str) -> Iterator[OutsideFile]:
        """Every file below the folder ``path``."""
        with self._told():
            try:
                found = self._fs.find(self._full(path), detail=True)
            except FileNotFoundError:
                return
        below = f"{path}/" if path else ""
        for info in found.values():
            if _is_file(info) and (file := self._file(info)).path.startswith(below):
                yield file

    def level(self, path: str) -> tuple[list[str], list[OutsideFile]]:
        """The names of the folders right below the folder ``path``, and the files there."""
        full = self._full(path)
        with self._told():
            try:
                found = self._fs.ls(full, detail=True)
            except FileNotFoundError:
                return [], []
        own = str(full).rstrip("/")
        below = [info for info in found if str(info["name"]).rstrip("/") != own]  # some tell the folder itself
        folders = [
            str(info["name"]).rstrip("/").rpartition("/")[2] for info in below if info.get("type") == "directory"
        ]
        return folders, [self._file(info) for info in below if _is_file(info)]

    def open(self, file: OutsideFile) -> BinaryIO:
        """A file to be read; what was read last is kept, so that small steps cost no request each."""
        with self._told():
            opened = self._fs.open(self._full(file.path), "rb", block_size=1 << 20, cache_type="readahead")
        return cast(BinaryIO, _Opened(opened, self._told))

    def fetch(self, file: OutsideFile, target: Path, go_on: Callable[[], None]) -> None:
        """Copy a file to ``target``. Raises :class:`Unavailable` where it changed under way or came in part."""
        size = 0
        with self._told(), target.open("wb") as sink:
            if file.size:
                with self._fs.open(self._full(file.path), "rb", block_size=_PIECE, cache_type="readahead") as source:
                    while piece := source.read(_PIECE):
                        go_on()
                        size += sink.write(piece)
        now = self.stat(file.path)
        if size != file.size or now is None or now.etag != file.etag:
            raise Unavailable(
                f"'{file.path}' on the datastore '{self._name}' changed while it was fetched.", target=file.path
            )

    def send(self, source: Path, path: str) -> None:
        """Copy a file to ``path``."""
        with self._told():
            self._fs.put_file(str(source), self._full(path))

    def _full(self, path: str) -> str:
        return f"{self._root}/{clean(path)}" if path else self._root

    def _file(self, info: Mapping[str, Any]) -> OutsideFile:
        path = str(info["name"]).removeprefix(f"{self._root}/")
        return OutsideFile(path, int(info["size"] or 0), _etag(info), _md5(info), _modified(info))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong out there, told without any secret."""
        try:
            yield
        except (Problem, FileNotFoundError):
            raise
        except PermissionError as error:
            raise InvalidInput(
                f"The datastore '{self._name}' lets nobody in with these credentials: {self._spoken(error)}",
                target="credentials",
                mend="Say them again with 'lazuli datastore create'.",
                code="DatastoreRefused",
            ) from None
        except Exception as error:  # fsspec's packages raise whatever theirs do
            if _is_refusal(error):
                raise InvalidInput(
                    f"The datastore '{self._name}' lets nobody in with these credentials.",
                    target="credentials",
                    mend="Say them again with 'lazuli datastore create'.",
                    code="DatastoreRefused",
                ) from None
            raise Unavailable(
                f"The datastore '{self._name}' cannot be reached: {self._spoken(error)}",
                target=self._name,
                mend="Check its address, and whether this machine may reach it.",
                code="DatastoreUnreachable",
            ) from None

    def _spoken(self, error: Exception) -> str:
        text = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:200]}".rstrip(": ")
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return f"{text.rstrip('.')}."


class _Opened(io.RawIOBase):
    """A file out there, opened: what goes wrong while it is read is told as what goes wrong before."""

    def __init__(self, file: BinaryIO, told: Callable[[], AbstractContextManager[None]]) -> None:
        self._file = file
        self._told = told

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self._told():
            piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def _is_file(info: Mapping[str, Any]) -> bool:
    """Also a name that ends in '/' is listed as a file: an empty one that stands for a folder."""
    return info.get("type") == "file" and not str(info["name"]).endswith("/")


def _etag(info: Mapping[str, Any]) -> str:
    for key in ("etag", "ETag"):
        if info.get(key):
            return str(info[key]).strip('"')
    changed = next((info[key] for key in _CHANGED if info.get(key)), "")
    return f"{changed}-{info.get('size')}"


def _modified(info: Mapping[str, Any]) -> int:
    changed = next((info[key] for key in _CHANGED if info.get(key)), None)
    if isinstance(changed, str):
        try:
            changed = datetime.fromisoformat(changed)
        except ValueError:
            return 0
    return round(changed.timestamp() * 1000) if isinstance(changed, datetime) else 0


def _md5(info: Mapping[str, Any]) -> bytes:
    """The digest that Azure and Google tell. S3's ETag may look like one and be none."""
    said = (info.get("content_settings") or {}).get("content_md5") or info.get("md5Hash")
    if isinstance(said, str):
        said = base64.b64decode(said)
    return bytes(said) if said and len(said) == 16 else b""


def _is_refusal(error: Exception) -> bool:
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    return status in (401, 403) or type(error).__name__ in ("ClientAuthenticationError", "NoCredentialsError")


# --- opening -------------------------------------------------------------------------------------------------------


def open_outside(datastore: Datastore, secrets: Mapping[str, str], settings: Settings) -> Outside:
    """The storage behind ``datastore``. Raises :class:`InvalidInput` for a place that is not allowed."""
    check_place(datastore, settings)
    if datastore.type is DatastoreType.LOCAL:
        return Folder(Path(str(datastore.path)))
    check_host(_host(datastore))
    files = open_bucket(datastore, secrets)
    root = datastore.container_name or datastore.filesystem or datastore.bucket_name or ""
    return _Bucket(datastore.name, files, root, secrets)


def check_place(datastore: Datastore, settings: Settings) -> None:
    """Raise :class:`InvalidInput` where a datastore does not name a place, or one that is not allowed."""
    datastore.check()
    for field, (pattern, rule) in _NAMES.items():
        value = getattr(datastore, field)
        if value and not pattern.match(value):
            said = f"'{value[:80]}' cannot be the {field.replace('_', ' ')}."
            raise InvalidInput(said, target=field, mend=f"It takes {rule}.")
    if datastore.type is DatastoreType.LOCAL:
        check_folder(Path(str(datastore.path)), settings)
        return
    if datastore.protocol not in ("http", "https"):
        raise InvalidInput(f"'{datastore.protocol[:20]}' is not a protocol.", target="protocol", mend="Use https.")
    host = _host(datastore)
    try:
        _refuse(host, ipaddress.ip_address(host))
    except ValueError:  # a name; what it stands for is looked at when it is opened
        if not _DOMAIN.match(host):
            raise InvalidInput(f"'{host[:80]}' is not the name of a server.", target="endpoint") from None


def check_folder(folder: Path, settings: Settings) -> None:
    """Raise :class:`InvalidInput` for a folder of this machine that the settings do not allow, or that is not there."""
    roots = settings.allowed_folders
    if not roots:
        raise InvalidInput(
            "This server opens no folder of its machine.",
            target="path",
            mend="Whoever runs it can allow one: 'local_roots' in lazuli.toml, or LAZULI_LOCAL_ROOTS.",
            code="FolderNotAllowed",
        )
    real, own = folder.resolve(), settings.data_dir.resolve()
    allowed = folder.is_absolute() and any(real.is_relative_to(root.resolve()) for root in roots)
    if not allowed or real.is_relative_to(own) or own.is_relative_to(real):  # the keys of the server lie in its own
        raise InvalidInput(
            f"'{str(folder)[:200]}' does not lie below a folder that this server's settings allow.",
            target="path",
            mend=f"Allowed (setting 'local_roots'): {', '.join(map(str, roots))}.",
            code="FolderNotAllowed",
        )
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder '{str(folder)[:200]}' on the server's machine.", target="path")


def _host(datastore: Datastore) -> str:
    """The name of the server that a datastore leads to."""
    endpoint = datastore.endpoint or ""
    if "://" in endpoint:
        url = _url(endpoint)
        if url is None or url.scheme not in ("http", "https") or url.username or url.query or url.fragment:
            raise InvalidInput(
                f"'{endpoint[:80]}' is not the URL of a server.", target="endpoint", mend="Write https://host:port."
            )
        return str(url.hostname)
    if datastore.account_name:
        service = "dfs" if datastore.type is DatastoreType.AZURE_DATA_LAKE_GEN2 else "blob"
        return f"{datastore.account_name}.{service}.{endpoint or AZURE_DOMAIN}"
    if endpoint:
        raise InvalidInput(
            f"'{endpoint[:80]}' is not the URL of a server.", target="endpoint", mend="Write https://host:port."
        )
    return "storage.googleapis.com" if datastore.type is DatastoreType.GCS else "s3.amazonaws.com"


def _url(text: str) -> SplitResult | None:
    """The parts of a URL; None where it names no host."""
    try:
        url = urlsplit(text)
        return url if url.hostname else None
    except ValueError:  # a bracket that does not close
        return None


def check_host(host: str) -> None:
    """Raise where ``host`` stands for an address that must not be reached from here."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(
            f"There is no server '{host}' in the name service.", target="endpoint", code="DatastoreUnreachable"
        ) from None
    for *_, address in found:
        _refuse(host, ipaddress.ip_address(str(address[0]).partition("%")[0]))


def _refuse(host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _METADATA:
        raise InvalidInput(
            f"'{host}' is an address that only the machine itself may ask.",
            target="endpoint",
            mend="Name the server that holds the files.",
            code="EndpointNotAllowed",
        )
