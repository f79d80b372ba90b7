"""The Blob door: the part of Azure Storage's REST API that Azure ML's clients speak.

Every request carries its own proof, a SAS in the URL or a Shared Key signature, made with the container's key. Who has
a token that counts everywhere needs neither: azure-ai-ml 1.20 sends that when it downloads a model.
Source: "Blob service REST API" of the Azure Storage reference; the tests drive it with Microsoft's own client.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import wraps
from pathlib import Path
from urllib.parse import quote, urlsplit

from starlette.responses import Response, StreamingResponse

from lazuli.schema.problems import (
    Conflict,
    InvalidInput,
    NotFound,
    NotSignedIn,
    PreconditionFailed,
    Problem,
    TooLarge,
    Unsupported,
)
from lazuli.server.routes import SIGNED, Call, Route
from lazuli.server.storage_xml import http_date, read_block_list, read_marker, xml_block_list, xml_error, xml_listing
from lazuli.store.blobs import Blob, Blobs
from lazuli.store.clock import Clock, system_clock
from lazuli.store.sas import verify, verify_shared_key

__all__ = ["ACCOUNT", "HOST", "blob_routes"]

ACCOUNT = "lazuli"
"""The name of the one storage account."""
HOST = f"{ACCOUNT}.blob.core.lazuli.local"
"""The first segment of every path: what is the host name in the cloud."""

_VERSION = "2021-12-02"
_PIECE = 1 << 18
_LARGEST_LIST = 8 << 20
_LARGEST_MD5_RANGE = 4 << 20
_MOST_RESULTS = 5000
_RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")
_METADATA_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")

Handler = Callable[[Call], Response]


def blob_routes(
    blobs: Blobs,
    key_of: Callable[[str], str | None],
    clock: Clock = system_clock,
    is_sealed: Callable[[str], bool] = lambda container: False,
    admit: Callable[[str, str], None] | None = None,
) -> list[Route]:
    """The routes of the blob service.

    ``key_of`` gives a container's key (base64), or None where there is none; into a container that ``is_sealed``
    nobody writes, whatever was signed. ``admit`` takes a token and ``read`` or ``write``, and raises where its holder
    may not; without it no token opens anything.
    """
    door = _Door(blobs, key_of, clock, is_sealed, admit)
    container, blob = f"/{HOST}/{{container}}", f"/{HOST}/{{container}}/{{blob:path}}"

    def route(method: str, path: str, handler: Handler, summary: str) -> Route:
        return Route(method, path, _speaking_xml(handler), SIGNED, summary, failure=_error, tags=("Storage",))

    upload = route("PUT", blob, door.write_blob, "Upload a blob, a block or a block list; set metadata.")

    return [
        route("GET", container, door.read_container, "List blobs, or read a container's properties."),
        route("HEAD", container, door.read_container, "Read a container's properties."),
        route("GET", blob, door.read_blob, "Download a blob or a range of it, or read its metadata."),
        route("HEAD", blob, door.read_blob, "Read a blob's properties."),
        replace(upload, upload=True, admit=door.admit_write),
        route("DELETE", blob, door.delete_blob, "Delete a blob."),
    ]


class _Door:
    def __init__(
        self,
        blobs: Blobs,
        key_of: Callable[[str], str | None],
        clock: Clock,
        is_sealed: Callable[[str], bool],
        admit: Callable[[str, str], None] | None,
    ) -> None:
        self._is_sealed = is_sealed
        self._admit = admit
        self._blobs = blobs
        self._key_of = key_of
        self._clock = clock
        self._opened_at = clock()

    # --- containers --------------------------------------------------------------------------------------------

    def read_container(self, call: Call) -> Response:
        """List its blobs (``comp=list``), or tell that it exists."""
        container = call.params["container"]
        if call.query.get("comp") == "list":
            self._authorise(call, container, "", "l")
            return self._list(call, container)
        if call.query.get("comp") or call.query.get("restype") != "container":
            raise _not_known(call)
        self._authorise(call, container, "", "rl")
        headers = {"etag": '"0x1"', "last-modified": http_date(self._opened_at), "x-ms-lease-status": "unlocked"}
        return Response(headers=headers)

    def _list(self, call: Call, container: str) -> Response:
        prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
        limit = _limit(call.query.get("maxresults", ""))
        after = read_marker(call.query.get("marker", ""))
        page = self._blobs.list(container, prefix, delimiter=delimiter, after=after, limit=limit)
        return Response(
            xml_listing(f"{call.base_url}/{HOST}/", container, call.query, page), media_type="application/xml"
        )

    # --- reading a blob ----------------------------------------------------------------------------------------

    def read_blob(self, call: Call) -> Response:
        """The content, a range of it, or (HEAD, ``comp=metadata``) what is known of it."""
        container, name = call.params["container"], call.params["blob"]
        self._authorise(call, container, name, "r")
        if call.query.get("comp") == "blocklist":
            return self._block_list(call, container, name)
        if call.query.get("comp", "metadata") != "metadata":
            raise _not_known(call)
        blob = self._found(container, name)
        _check_read_conditions(call, blob)
        headers = _headers_of(blob)
        if _is_unchanged(call, blob):
            return Response(status_code=304, headers=headers)
        if call.query.get("comp") == "metadata":
            return Response(headers=headers)
        if call.method == "HEAD":
            return Response(headers=headers | _content_headers(blob))
        return self._content(call, blob, headers)

    def _block_list(self, call: Call, container: str, name: str) -> Response:
        """The blocks that are there: an upload that was cut short goes on with those that lack."""
        asked = call.query.get("blocklisttype", "committed").lower()
        if asked not in ("committed", "uncommitted", "all"):
            raise InvalidInput(f"'{asked[:40]}' is none of committed, uncommitted and all.", target="blocklisttype")
        committed, staged = self._blobs.blocks(container, name)
        body = xml_block_list(None if asked == "uncommitted" else committed, None if asked == "committed" else staged)
        return Response(body, media_type="application/xml")

    def _content(self, call: Call, blob: Blob, headers: dict[str, str]) -> Response:
        file = self._blobs.file(blob)
        asked = _asked_range(call, blob.size)
        if asked is None:
            return StreamingResponse(_pieces(file, 0, blob.size), headers=headers | _content_headers(blob))
        start, end = asked
        headers |= _content_headers(blob) | {
            "content-range": f"bytes {start}-{end - 1}/{blob.size}",
            "content-length": str(end - start),
        }
        # In a part's answer Content-MD5 would be the part's; the whole's has a header of its own.
        if whole_md5 := headers.pop("content-md5", ""):
            headers["x-ms-blob-content-md5"] = whole_md5
        if call.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
            headers["content-md5"] = _md5_of_range(file, start, end)
        return StreamingResponse(_pieces(file, start, end), status_code=206, headers=headers)

    # --- writing a blob ----------------------------------------------------------------------------------------

    def write_blob(self, call: Call) -> Response:
        """What ``comp`` says: the whole blob, a block, the block list, or the metadata."""
        container, name = call.params["container"], call.params["blob"]
        what = call.query.get("comp", "")
        writes = {
            "": self._put,
            "block": self._put_block,
            "blocklist": self._put_block_list,
            "metadata": self._put_metadata,
        }
        self.admit_write(call)
        return writes[what](call, container, name)

    def admit_write(self, call: Call) -> None:
        """Raise where the caller may not write; asked before the body is taken in, too."""
        container, name = call.params["container"], call.params["blob"]
        what = call.query.get("comp", "")
        if what not in ("", "block", "blocklist", "metadata") or call.headers.get("x-ms-copy-source"):
            raise _not_known(call)
        # Permission to create is enough only where nothing is there yet.
        key = self._key(container)
        is_new = what == "block" or (what != "metadata" and self._blobs.stat(container, name) is None)
        self._check_signature(call, key, container, name, "cw" if is_new else "w")
        self._check_unsealed(container)

    def _check_unsealed(self, container: str) -> None:
        if self._is_sealed(container):
            raise Conflict("The container is sealed: what it holds is registered.", code="BlobImmutableDueToPolicy")

    def _put(self, call: Call, container: str, name: str) -> Response:
        kind = call.headers.get("x-ms-blob-type", "BlockBlob")
        if kind != "BlockBlob":
            raise Unsupported(f"A blob of type {kind} cannot be made.", target="x-ms-blob-type", mend="Use BlockBlob.")
        only_new, if_match = self._write_conditions(call, container, name)
        source = _body(call)
        blob = self._blobs.put_file(
            container,
            name,
            source,
            move=True,
            metadata=_metadata(call),
            content_type=call.headers.get("x-ms-blob-content-type") or call.headers.get("content-type", ""),
            md5=_expected_md5(call, "x-ms-blob-content-md5") or call.upload_md5,
            only_new=only_new,
            if_match=if_match,
        )
        return _written(blob, 201)

    def _put_block(self, call: Call, container: str, name: str) -> Response:
        block_id = call.query.get("blockid", "")
        self._blobs.stage_block(container, name, block_id, _body(call), move=True)
        return Response(status_code=201, headers=_body_md5(call))

    def _put_block_list(self, call: Call, container: str, name: str) -> Response:
        only_new, if_match = self._write_conditions(call, container, name)
        blob = self._blobs.commit_blocks(
            container,
            name,
            _block_ids(call),
            metadata=_metadata(call),
            content_type=call.headers.get("x-ms-blob-content-type", ""),
            md5=_decoded_md5(call, "x-ms-blob-content-md5"),
            only_new=only_new,
            if_match=if_match,
        )
        return _written(blob, 201)

    def _put_metadata(self, call: Call, container: str, name: str) -> Response:
        _, if_match = self._write_conditions(call, container, name)
        return _written(self._blobs.set_metadata(container, name, _metadata(call), if_match=if_match), 200)

    def delete_blob(self, call: Call) -> Response:
        """Remove the blob."""
        container, name = call.params["container"], call.params["blob"]
        self._authorise(call, container, name, "d")
        self._check_unsealed(container)
        _, if_match = self._write_conditions(call, container, name)
        if not self._blobs.delete(container, name, if_match=if_match):
            raise _no_blob(name)
        return Response(status_code=202)

    def _write_conditions(self, call: Call, container: str, name: str) -> tuple[bool, str]:
        """Whether the blob must be new, and the etag it must still have when it is written.

        Raises what the conditional headers of the request demand for the blob as it is now.
        """
        blob = self._blobs.stat(container, name)
        _check_write_conditions(call, blob)
        only_new = call.headers.get("if-none-match") == "*"
        return only_new, blob.etag if blob and call.headers.get("if-match") else ""

    # --- who may -----------------------------------------------------------------------------------------------

    def _authorise(self, call: Call, container: str, name: str, needed: str) -> None:
        self._check_signature(call, self._key(container), container, name, needed)

    def _key(self, container: str) -> str:
        key = self._key_of(container)
        if key is None:
            raise NotFound(f"There is no container '{container}'.", target="container", code="ContainerNotFound")
        return key

    def _check_signature(self, call: Call, key: str, container: str, name: str, needed: str) -> None:
        if call.query.get("sig"):
            # Clients make the account's name of the account URL, each in its own way.
            base = urlsplit(call.base_url)
            accounts = (ACCOUNT, HOST, f"{base.netloc}/{ACCOUNT}")
            secure = base.scheme == "https"
            verify(call.query, key, accounts, container, name, needed, self._clock(), secure=secure)
        elif call.headers.get("authorization", "").startswith("SharedKey "):
            # The path as clients encode it before they sign it.
            path = quote("/".join(("", HOST, container, *([name] if name else []))), safe="~/")
            query = call.query.multi_items()
            verify_shared_key(call.method, path, query, call.headers, key, self._clock())
        elif self._admit and call.headers.get("authorization", "").startswith("Bearer "):
            self._admit(call.headers["authorization"].removeprefix("Bearer ").strip(), _verb(needed))
        else:
            raise NotSignedIn(
                "The request carries neither a SAS nor a Shared Key signature.",
                target="Authorization",
                code="NoAuthenticationInformation",
            )

    def _found(self, container: str, name: str) -> Blob:
        blob = self._blobs.stat(container, name)
        if blob is None:
            raise _no_blob(name)
        return blob


# --- answers -------------------------------------------------------------------------------------------------------


def _verb(needed: str) -> str:
    """What must be allowed for any of these letters of a SAS."""
    return "read" if set(needed) <= set("rl") else "write"


def _speaking_xml(handler: Handler) -> Handler:
    """The handler with its problems told as Azure Storage tells them, and with the headers of every answer."""

    @wraps(handler)
    def answer(call: Call) -> Response:
        try:
            response = handler(call)
        except Problem as problem:
            response = _error(problem)
        response.headers["x-ms-version"] = _VERSION
        response.headers["x-ms-request-id"] = str(uuid.uuid4())
        if client_id := call.headers.get("x-ms-client-request-id"):
            response.headers["x-ms-client-request-id"] = client_id
        return response

    return answer


def _error(problem: Problem) -> Response:
    headers = {"x-ms-error-code": problem.code}
    if isinstance(problem, _RangeProblem):
        headers["content-range"] = f"bytes */{problem.size}"
    return Response(xml_error(problem), problem.status, headers, media_type="application/xml")


class _RangeProblem(InvalidInput):
    """The range begins behind the end of the blob: the one answer that HTTP has a status of its own for."""

    status = 416

    def __init__(self, size: int) -> None:
        super().__init__("The range begins behind the end of the blob.", target="Range", code="InvalidRange")
        self.size = size


def _written(blob: Blob, status: int) -> Response:
    headers = {"etag": f'"{blob.etag}"', "last-modified": http_date(blob.modified_at)}
    if blob.md5:
        headers["content-md5"] = blob.md5
    return Response(status_code=status, headers=headers | {"x-ms-request-server-encrypted": "false"})


def _headers_of(blob: Blob) -> dict[str, str]:
    named = {f"x-ms-meta-{name}": value for name, value in blob.metadata.items()}
    return named | {
        "etag": f'"{blob.etag}"',
        "last-modified": http_date(blob.modified_at),
        "x-ms-creation-time": http_date(blob.created_at),
    }


def _content_headers(blob: Blob) -> dict[str, str]:
    headers = {
        "content-length": str(blob.size),
        "content-type": blob.content_type,
        "accept-ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "false",
        # A blob may be a page that somebody uploaded: it must not run with the rights of our own pages.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return headers | ({"content-md5": blob.md5} if blob.md5 else {})


def _pieces(file: Path, start: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(start)
        while start < end and (piece := stream.read(min(_PIECE, end - start))):
            start += len(piece)
            yield piece


def _md5_of_range(file: Path, start: int, end: int) -> str:
    if end - start > _LARGEST_MD5_RANGE:
        raise InvalidInput(
            "An MD5 digest is given for ranges of up to 4 MiB.",
            target="x-ms-range-get-content-md5",
            code="InvalidHeaderValue",
        )
    digest = hashlib.md5(b"".join(_pieces(file, start, end)), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


# --- what a request says -------------------------------------------------------------------------------------------


def _limit(text: str) -> int:
    if not text:
        return _MOST_RESULTS
    if not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise InvalidInput(
            f"'{text[:20]}' is not a number of results.", target="maxresults", code="OutOfRangeQueryParameterValue"
        )
    return min(int(text.lstrip("0")[:9]), _MOST_RESULTS)


def _asked_range(call: Call, size: int) -> tuple[int, int] | None:
    """The bytes asked for, from the first to behind the last, or None for all of them.

    A header that is none, or asks for several ranges, is passed over as HTTP tells to. Raises where nothing of the
    range exists, which it never does in an empty blob.
    """
    match = _RANGE.match(call.headers.get("x-ms-range") or call.headers.get("range") or "")
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(int(match[2] or size) + 1, size)
        if match[2] and int(match[2]) < start:
            return None
    if start >= size:
        raise _RangeProblem(size)
    return start, end


def _check_read_conditions(call: Call, blob: Blob) -> None:
    if not _matches(call.headers.get("if-match", "*"), blob):
        raise _condition_not_met("If-Match")
    since = _seconds(call.headers.get("if-unmodified-since"))
    if since is not None and blob.modified_at // 1000 > since:
        raise _condition_not_met("If-Unmodified-Since")


def _is_unchanged(call: Call, blob: Blob) -> bool:
    """Whether the caller has this version already."""
    if tags := call.headers.get("if-none-match"):
        return _matches(tags, blob)
    since = _seconds(call.headers.get("if-modified-since"))
    return since is not None and blob.modified_at // 1000 <= since


def _check_write_conditions(call: Call, blob: Blob | None) -> None:
    if blob is None:
        if call.headers.get("if-match"):
            raise _condition_not_met("If-Match")
        return
    if call.headers.get("if-none-match") == "*":
        raise Conflict(f"The blob '{blob.name}' exists already.", target="If-None-Match", code="BlobAlreadyExists")
    _check_read_conditions(call, blob)
    if _is_unchanged(call, blob):
        raise _condition_not_met("If-None-Match or If-Modified-Since")


def _matches(tags: str, blob: Blob) -> bool:
    return tags.strip() == "*" or blob.etag in (tag.strip().strip('"') for tag in tags.split(","))


def _metadata(call: Call) -> dict[str, str]:
    start = "x-ms-meta-"
    metadata = {name.removeprefix(start): value for name, value in call.headers.items() if name.startswith(start)}
    for name in metadata:
        if not _METADATA_NAME.match(name):
            raise InvalidInput(
                f"'{name[:80]}' cannot be the name of metadata.",
                target=f"{start}{name}",
                mend="Use letters, digits and '_'.",
                code="InvalidMetadata",
            )
    return metadata


def _body(call: Call) -> Path:
    """The spooled body, proven by its Content-MD5 where it has one."""
    if call.upload is None:
        raise InvalidInput("The request has no body.", target="body", code="InvalidInput")
    _expected_md5(call, "content-md5")
    return call.upload


def _expected_md5(call: Call, header: str) -> bytes:
    """The digest that a header tells, or none. Raises where the body's is another."""
    digest = _decoded_md5(call, header)
    if digest and digest != call.upload_md5:
        raise InvalidInput(
            "The body does not have the MD5 digest that was sent with it.",
            target=header,
            mend="It was damaged on the way: send it again.",
            code="Md5Mismatch",
        )
    return digest


def _decoded_md5(call: Call, header: str) -> bytes:
    try:
        digest = base64.b64decode(call.headers.get(header, ""), validate=True)
    except ValueError:
        digest = b"?"
    if digest and len(digest) != 16:
        raise InvalidInput("It is not a base64 MD5 digest.", target=header, code="InvalidMd5")
    return digest


def _body_md5(call: Call) -> dict[str, str]:
    return {"content-md5": base64.b64encode(call.upload_md5).decode()} if call.upload_md5 else {}


def _block_ids(call: Call) -> Sequence[str]:
    body = _body(call)
    if body.stat().st_size > _LARGEST_LIST:
        raise TooLarge("The block list is too long.", target="body", code="RequestBodyTooLarge")
    return read_block_list(body.read_bytes())


def _seconds(text: str | None) -> int | None:
    """The seconds since 1970 that a header's date tells; None where it tells none."""
    try:
        return int(parsedate_to_datetime(text).timestamp()) if text else None
    except (ValueError, OverflowError):
        return None


def _condition_not_met(header: str) -> PreconditionFailed:
    return PreconditionFailed("The blob is not as the condition demands.", target=header, code="ConditionNotMet")


def _not_known(call: Call) -> Unsupported:
    asked = call.query.get("comp") or call.query.get("restype") or "copying"
    return Unsupported(f"This storage does not know '{call.method} {asked[:40]}'.", target="comp")


def _no_blob(name: str) -> NotFound:
    return NotFound(f"There is no blob '{name}'.", target="name", code="BlobNotFound")
