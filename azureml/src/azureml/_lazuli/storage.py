"""Files to the server's storage and back, in the words of Azure's Blob REST API."""

from __future__ import annotations

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence, TypeVar
from urllib.parse import quote
from xml.etree import ElementTree

from azureml._lazuli.kept import Kept
from azureml._lazuli.place import Scope
from azureml._lazuli.server import Server
from azureml._lazuli.snapshot import Snapshot
from azureml.exceptions import ServiceException, UserErrorException

BLOCK = 8 << 20
_AT_ONCE = 8
_HASH_VERSION = "202208"

T = TypeVar("T")
R = TypeVar("R")


_KEPT = Kept(256 << 20)


class Entry(NamedTuple):
    """A file of a container; its times are as HTTP writes them."""

    name: str
    size: int
    etag: str
    modified: str
    created: str


class Container:
    """A container, and the signature that opens it."""

    def __init__(self, server: Server, url: str, sas: str) -> None:
        self._server = server
        self._url = url
        self._sas = sas

    def names(self, prefix: str = "") -> Iterator[Entry]:
        """Every file whose name begins with ``prefix``, in the order of their names."""
        marker = ""
        while True:
            query = f"restype=container&comp=list&{self._sas}&prefix={quote(prefix, '')}&marker={quote(marker, '')}"
            content = self._server.respond("GET", f"{self._url}?{query}").content
            page = ElementTree.fromstring(content)  # noqa: S314 - our own server's answer
            for blob in page.iterfind("Blobs/Blob"):
                said = {each.tag: each.text or "" for each in blob.iterfind("Properties/*")}
                yield _entry(blob.findtext("Name") or "", said)
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return

    def below(self, path: str) -> list[Entry]:
        """The file at ``path``, or every file below the folder that it is."""
        path = path.strip("/")
        return [each for each in self.names(path) if not path or each.name == path or each.name.startswith(f"{path}/")]

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return self.marks(name) is not None

    def entry(self, name: str) -> Entry | None:
        """The file of a name; None where there is none."""
        marks = self.marks(name)
        return None if marks is None else _entry(name, {**marks, "Creation-Time": marks.get("x-ms-creation-time", "")})

    def marks(self, name: str) -> Mapping[str, str] | None:
        """The headers of a file; None where there is none."""
        try:
            return self._server.respond("HEAD", self._blob(name)).headers
        except ServiceException as refused:
            if refused.status_code == 404:
                return None
            raise

    def mark(self, name: str, **marks: str) -> None:
        """Say something beside a file."""
        headers = {f"x-ms-meta-{word}": value for word, value in marks.items()}
        self._server.respond("PUT", self._blob(name, comp="metadata"), headers=headers)

    def put(self, name: str, source: Path | bytes) -> None:
        """Send a file whole; a large one in blocks, so that it appears when all of it is there."""
        if isinstance(source, bytes) or source.stat().st_size <= BLOCK:
            content = source if isinstance(source, bytes) else source.read_bytes()
            headers = {"x-ms-blob-type": "BlockBlob"}
            self._server.respond("PUT", self._blob(name), data=content, headers=headers)
            return
        ids = []
        with source.open("rb") as stream:
            for piece in iter(lambda: stream.read(BLOCK), b""):
                ids.append(base64.b64encode(f"{len(ids):08d}".encode()).decode())
                self._server.respond("PUT", self._blob(name, comp="block", blockid=ids[-1]), data=piece)
        listed = "".join(f"<Latest>{each}</Latest>" for each in ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        self._server.respond("PUT", self._blob(name, comp="blocklist"), data=body.encode())

    def put_all(self, files: Mapping[str, Path], told: Callable[[str], None] = lambda name: None) -> None:
        """Send files under their names, several at a time."""

        def send(pair: tuple[str, Path]) -> None:
            self.put(*pair)
            told(pair[0])

        for _ in at_once(send, files.items()):
            pass

    def delete(self, name: str) -> None:
        """Take a file away."""
        self._server.respond("DELETE", self._blob(name))

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return self._server.respond("GET", self._blob(name)).content

    def content(self, entry: Entry) -> bytes:
        """The content of a file that was listed, read once in this process."""
        if not entry.etag:
            return self.read(entry.name)
        return _KEPT.get((self._url, entry.name, entry.etag), lambda: self.read(entry.name))

    def fetch(self, name: str, target: Path) -> None:
        """Write a file to ``target``, which is whole or not there."""
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        with self._server.respond("GET", self._blob(name), stream=True) as response, partial.open("wb") as sink:
            for piece in response.iter_content(1 << 20):
                sink.write(piece)
        partial.replace(target)

    def fetch_all(self, names: Iterable[tuple[str, str]], folder: Path) -> list[Path]:
        """Write files below ``folder``: pairs of the name here and the path there. Where they lie now."""
        pairs = [(name, inside(folder, relative)) for name, relative in names]
        return list(at_once(lambda pair: self._fetched(*pair), pairs))

    def remove(self, name: str) -> None:
        """Take a file away."""
        self._server.respond("DELETE", self._blob(name))

    def _fetched(self, name: str, target: Path) -> Path:
        self.fetch(name, target)
        return target

    def _blob(self, name: str, **query: str) -> str:
        extra = "".join(f"&{word}={quote(value, safe='')}" for word, value in query.items())
        return f"{self._url}/{quote(name)}?{self._sas}{extra}"


class Storage:
    """The storage of one workspace."""

    def __init__(self, server: Server, scope: Scope) -> None:
        self._server = server
        self._scope = scope

    def container(self, datastore: str) -> Container:
        """The container behind a datastore, opened for an hour."""
        path = f"{self._scope.path}/datastores/{datastore}"
        said = self._server.call("GET", path)["properties"]
        secrets = self._server.call("POST", f"{path}/listSecrets", {"expirableSecret": True, "expireAfterHours": 1})
        if "sasToken" not in secrets:
            raise UserErrorException(f"The datastore '{datastore}' gives no signature, so files cannot be sent to it.")
        scheme = self._server.url.partition(":")[0]  # the account's name holds the port of the listener we came in on
        domain = said.get("endpoint") or "core.lazuli.local"
        url = f"{scheme}://{said['accountName']}.blob.{domain}/{said['containerName']}"
        return Container(self._server, url, secrets["sasToken"])

    def upload_code(self, snapshot: Snapshot) -> str:
        """The id of the code asset that holds a snapshot, made unless the workspace has one already."""
        if not snapshot.files:
            raise UserErrorException(f"The folder '{snapshot.name}' has no files.", target="source_directory")
        codes = f"{self._scope.path}/codes/{uuid.UUID(snapshot.digest[:32])}/versions"
        known = self._server.call("GET", codes, query={"hash": snapshot.digest, "hashVersion": _HASH_VERSION})
        if known.get("value"):
            return known["value"][0]["id"]
        pending = self._server.call(
            "POST", f"{codes}/1/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"}
        )
        blob = pending["blobReferenceForConsumption"]
        url, _, sas = blob["credential"]["sasUri"].partition("?")
        Container(self._server, url, sas).put_all(snapshot.files)
        properties = {"hash_sha256": snapshot.digest, "hash_version": _HASH_VERSION}
        body = {"properties": {"codeUri": blob["blobUri"], "isAnonymous": True, "properties": properties}}
        return self._server.call("PUT", f"{codes}/1", body)["id"]


def _entry(name: str, said: Mapping[str, str]) -> Entry:
    """A file as a list's properties, or the headers of an answer, tell of it."""
    told = {word.lower(): value for word, value in said.items()}
    size, etag = int(told.get("content-length") or 0), told.get("etag", "").strip('"')
    return Entry(name, size, etag, told.get("last-modified", ""), told.get("creation-time", ""))


def at_once(do: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
    """What ``do`` returns for each, several at a time; where one fails, those that wait do not begin."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    waiting: Sequence[Any] = [pool.submit(do, thing) for thing in things]
    try:
        for each in waiting:
            yield each.result()
    finally:
        for each in waiting:
            each.cancel()
        pool.shutdown()


def inside(folder: Path, relative: str) -> Path:
    """The path below a folder. Raises :class:`UserErrorException` for a name that leads out of it."""
    parts = [part for part in relative.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise UserErrorException(f"'{relative}' leads out of the folder.")
    return folder.joinpath(*parts)
