"""The XML of Azure Storage: what a listing, an error and a block list look like on the wire."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from lazuli.schema.problems import InvalidInput, Problem
from lazuli.store.blobs import Blob, BlobPage, Block

__all__ = ["http_date", "read_block_list", "read_marker", "xml_block_list", "xml_error", "xml_listing"]

# A carriage return is XML too, but every parser reads it as a line feed.
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_listing(service: str, container: str, asked: Mapping[str, str], page: BlobPage) -> bytes:
    """One page of a container's blobs. ``asked`` is the request's query, of which the answer repeats a part."""
    root = Element("EnumerationResults", ServiceEndpoint=service, ContainerName=container)
    for tag in ("Prefix", "Marker", "MaxResults", "Delimiter"):
        if value := asked.get(tag.lower()):
            _add(root, tag, _NOT_XML.sub("\ufffd", value))
    items = SubElement(root, "Blobs")
    with_metadata = "metadata" in asked.get("include", "").split(",")
    for blob in page.blobs:
        _add_blob(items, blob, with_metadata)
    for prefix in page.prefixes:
        _add_name(SubElement(items, "BlobPrefix"), prefix)
    _add(root, "NextMarker", _to_marker(page.next_marker))
    return _xml(root)


def _add_blob(items: Element, blob: Blob, with_metadata: bool) -> None:
    item = SubElement(items, "Blob")
    _add_name(item, blob.name)
    properties = SubElement(item, "Properties")
    for tag, text in (
        ("Creation-Time", http_date(blob.created_at)),
        ("Last-Modified", http_date(blob.modified_at)),
        ("Etag", blob.etag),
        ("Content-Length", str(blob.size)),
        ("Content-Type", blob.content_type),
        ("Content-MD5", blob.md5),
        ("BlobType", "BlockBlob"),
        ("LeaseStatus", "unlocked"),
        ("LeaseState", "available"),
        ("ServerEncrypted", "false"),
    ):
        _add(properties, tag, text)
    if with_metadata:
        metadata = SubElement(item, "Metadata")
        for name, value in blob.metadata.items():
            _add(metadata, name, value)


def _add_name(parent: Element, name: str) -> None:
    """A name; percent-encoded, and marked so, where XML cannot say it."""
    if _NOT_XML.search(name):
        SubElement(parent, "Name", Encoded="true").text = quote(name)
    else:
        _add(parent, "Name", name)


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text


def _xml(root: Element) -> bytes:
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def xml_error(problem: Problem) -> bytes:
    """The problem as Azure Storage tells it."""
    error = Element("Error")
    _add(error, "Code", problem.code)
    _add(error, "Message", str(problem))
    return _xml(error)


def xml_block_list(committed: Sequence[Block] | None, staged: Sequence[Block] | None) -> bytes:
    """The blocks of a blob; of a kind that was not asked for, None."""
    root = Element("BlockList")
    for tag, blocks in (("CommittedBlocks", committed), ("UncommittedBlocks", staged)):
        if blocks is None:
            continue
        items = SubElement(root, tag)
        for block in blocks:
            item = SubElement(items, "Block")
            _add(item, "Name", _NOT_XML.sub("\ufffd", block.id))
            _add(item, "Size", str(block.size))
    return _xml(root)


def read_block_list(text: bytes) -> Sequence[str]:
    """The ids that a block list names, in its order."""
    try:
        decoded = text.decode("utf-8-sig")
        if "<!DOCTYPE" in decoded:  # no list has one, and entities are how XML is made to explode
            raise ValueError("a document type")
        root = ElementTree.fromstring(decoded)  # noqa: S314
    except (ValueError, ElementTree.ParseError) as error:
        raise InvalidInput(
            f"The block list is not valid XML: {error}.", target="body", code="InvalidXmlDocument"
        ) from None
    return [(item.text or "").strip() for item in root if item.tag in ("Latest", "Uncommitted", "Committed")]


def _to_marker(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def read_marker(marker: str) -> str:
    """The name that a marker of ours stands for. Raises :class:`InvalidInput` where it is none."""
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise InvalidInput(
            "The marker is not one of ours.", target="marker", code="InvalidQueryParameterValue"
        ) from None


def http_date(milliseconds: int) -> str:
    """A time as HTTP headers tell it."""
    return formatdate(milliseconds // 1000, usegmt=True)
