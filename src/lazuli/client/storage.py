"""Uploads and downloads: a snapshot to the server's storage, once per content; a folder of it back to disk.

Speaks the Blob REST API with the signatures that the server hands out, exactly as Microsoft's client does, so that
what one client has uploaded the other finds.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, fromstring

from lazuli.client.http import Http
from lazuli.client.snapshot import File, Snapshot
from lazuli.schema.identity import Scope
from lazuli.schema.places import DEFAULT
from lazuli.schema.problems import NotFound, Unavailable, Unexpected, Unsupported
from lazuli.schema.reference import DatastorePath
from lazuli.store.paths import inside

__all__ = ["Container", "Storage"]

BLOCK = 8 << 20
AT_ONCE = 8
HASH_VERSION = "202208"

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[int, int], None]
"""Told how many bytes are sent, of how many."""


@dataclass(frozen=True)
class Container:
    """A place for blobs: its address and the signature that lets us in."""

    url: str
    sas: str

    def blob(self, name: str, **query: str) -> str:
        """The signed address of one blob."""
        extra = "".join(f"&{key}={quote(value, safe='')}" for key, value in query.items())
        return f"{self.url}/{quote(name)}?{self.sas}{extra}"

    def listing(self, prefix: str, marker: str) -> str:
        """The signed address of one page of the list of blobs."""
        return (
            f"{self.url}?restype=container&comp=list&{self.sas}"
            f"&prefix={quote(prefix, safe='')}&marker={quote(marker, safe='')}"
        )


class Storage:
    """The storage of one workspace. Every upload is safe to repeat, and one cut short is never taken for whole."""

    def __init__(self, http: Http, scope: Scope, progress: Progress | None = None) -> None:
        self._http = http
        self._scope = scope
        self._progress = progress or (lambda sent, total: None)
        self._stopped = Event()

    def upload(self, snapshot: Snapshot, datastore: str = DEFAULT) -> str:
        """The datastore path where ``snapshot`` lies, uploaded unless it was already.

        A mark on its first file, set last, says that all of it is there.
        """
        root = f"LocalUpload/{snapshot.digest}/{snapshot.name}"
        folder = root if snapshot.is_folder else f"LocalUpload/{snapshot.digest}"
        container = self.container(datastore)
        marked = f"{folder}/{snapshot.files[0].relative}"
        if not self._is_complete(container, marked):
            self._send(container, snapshot, f"{folder}/")
            self._http.respond(
                "PUT", container.blob(marked, comp="metadata"), headers={"x-ms-meta-upload_status": "completed"}
            )
        return str(DatastorePath(datastore, root))

    def upload_code(self, snapshot: Snapshot) -> str:
        """The resource id of the code asset that holds ``snapshot``, made unless the workspace has one already."""
        name = str(uuid.UUID(snapshot.digest[:32]))
        codes = f"{self._scope.path}/codes/{name}/versions"
        known = self._http.call("GET", codes, query={"hash": snapshot.digest, "hashVersion": HASH_VERSION})
        if known.get("value"):
            return known["value"][0]["id"]
        pending = self._http.call(
            "POST", f"{codes}/1/startPendingUpload", body={"pendingUploadType": "TemporaryBlobReference"}
        )
        blob = pending["blobReferenceForConsumption"]
        url, _, sas = blob["credential"]["sasUri"].partition("?")
        self._send(Container(url, sas), snapshot, "")
        properties = {"hash_sha256": snapshot.digest, "hash_version": HASH_VERSION}
        body = {"properties": {"codeUri": blob["blobUri"], "isAnonymous": True, "properties": properties}}
        return self._http.call("PUT", f"{codes}/1", body=body)["id"]

    def download(self, place: DatastorePath, target: Path) -> int:
        """Write everything at or below ``place`` to the folder ``target``; return how many files.

        Raises :class:`NotFound` where nothing is there, and :class:`InvalidInput` for a name that leaves the folder.
        """
        container = self.container(place.datastore)
        found = [name for name in self._names(container, place.path) if _is_at_or_below(name, place.path)]
        if not found:
            raise NotFound(f"There are no files at {place}.", target=place.path)
        pairs = [(name, inside(target, _relative(name, place.path))) for name in found]
        for _ in self._at_once(lambda pair: self._fetch(container.blob(pair[0]), pair[1]), pairs):
            pass
        return len(found)

    def container(self, datastore: str) -> Container:
        """The container behind a datastore, with a signature that lasts an hour."""
        path = f"{self._scope.path}/datastores/{datastore}"
        said = self._http.call("GET", path)["properties"]
        secrets = self._http.call("POST", f"{path}/listSecrets", body={"expirableSecret": True, "expireAfterHours": 1})
        if "sasToken" not in secrets:
            raise Unsupported(f"The datastore '{datastore}' gives no signature (SAS).", target=datastore)
        scheme = self._http.url.partition(":")[0]  # the account's name holds the port of the listener we came in on
        domain = said.get("endpoint") or "core.lazuli.local"
        url = f"{scheme}://{said['accountName']}.blob.{domain}/{said['containerName']}"
        return Container(url, secrets["sasToken"])

    def _is_complete(self, container: Container, blob: str) -> bool:
        try:
            headers = self._http.respond("HEAD", container.blob(blob)).headers
        except NotFound:
            return False
        return headers.get("x-ms-meta-upload_status") == "completed"

    def _send(self, container: Container, snapshot: Snapshot, prefix: str) -> None:
        sent = 0
        for size in self._at_once(
            lambda file: self._send_file(container, prefix + file.relative, file), snapshot.files
        ):
            sent += size
            self._progress(sent, snapshot.size)

    def _at_once(self, do: Callable[[T], R], things: Iterable[T]) -> Iterator[R]:
        """What ``do`` returns for each, several at a time; where one fails, or Ctrl-C is pressed, no other begins."""
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            yield from pool.map(do, things)
        except BaseException:
            self._stopped.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _send_file(self, container: Container, blob: str, file: File) -> int:
        if file.size <= BLOCK:
            self._put(container.blob(blob), file.path.read_bytes(), {"x-ms-blob-type": "BlockBlob"})
        else:
            self._send_blocks(container, blob, file)
        file.still()
        return file.size

    def _send_blocks(self, container: Container, blob: str, file: File) -> None:
        ids = []
        with file.path.open("rb") as source:
            while piece := source.read(BLOCK):
                if self._stopped.is_set():
                    raise Unavailable("The upload was stopped.")
                ids.append(base64.b64encode(f"{len(ids):08d}".encode()).decode())
                self._put(container.blob(blob, comp="block", blockid=ids[-1]), piece, {})
        listed = "".join(f"<Latest>{block}</Latest>" for block in ids)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        self._put(container.blob(blob, comp="blocklist"), body.encode(), {})

    def _put(self, url: str, content: bytes, headers: dict[str, str]) -> None:
        self._http.respond("PUT", url, content=content, headers=headers)

    def _names(self, container: Container, prefix: str) -> Iterator[str]:
        marker = ""
        while True:
            page = _xml(self._http.respond("GET", container.listing(prefix, marker)).content)
            yield from (name.text or "" for name in page.iterfind("Blobs/Blob/Name"))
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return

    def _fetch(self, url: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        with self._http.stream(url) as response, partial.open("wb") as sink:
            for piece in response.iter_bytes():
                sink.write(piece)
        partial.replace(target)


def _is_at_or_below(name: str, path: str) -> bool:
    return not path or name == path or name.startswith(f"{path}/")


def _relative(name: str, path: str) -> str:
    return name.rpartition("/")[2] if name == path else name[len(path) :].lstrip("/")


def _xml(content: bytes) -> Element:
    try:
        return fromstring(content)  # noqa: S314 - our own server's answer; expat expands no external entities
    except ParseError as error:
        raise Unexpected(f"Storage answered something that is no XML: {error}.") from None
