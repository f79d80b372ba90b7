"""What was kept as clients had spelt it is kept as it is read today, and what nobody could read stays as a property."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, text

STATEMENTS: list[str] = []

_ROWS = text("SELECT id, kind, body FROM resource WHERE kind IN ('jobs', 'models')")
_UPDATE = text("UPDATE resource SET body = :body WHERE id = :id")
_UNREAD = "lazuli.earlier."
"""Before the name of a property that keeps what a job said in this field."""
_RENAMED = {"identity_type": "type", "resource_id": "msi_resource_id"}
_IDENTITIES = {
    "useridentity": "user_identity",
    "managed": "managed_identity",
    "managedidentity": "managed_identity",
    "amltoken": "aml_token",
}
_TIERS = ("spot", "basic", "standard", "premium", "null")
_PRIORITIES = ("low", "medium", "high")


class _Unread(Exception):
    """It says nothing that is known today."""


def fill(tx: Connection) -> None:
    """Say anew what was said before."""
    for row in tx.execute(_ROWS).all():
        body = json.loads(row.body)
        said = _model(body) if row.kind == "models" else _job(body)
        if said != body:
            tx.execute(_UPDATE, {"id": row.id, "body": json.dumps(said)})


def _model(body: dict[str, Any]) -> dict[str, Any]:
    """REST keeps what a flavor says of itself one level deeper; what is no mapping is no flavor."""
    flavors = body.get("flavors")
    if not isinstance(flavors, dict):
        return body
    inner = {k: v["data"] if isinstance(v, dict) and v.keys() == {"data"} else v for k, v in flavors.items()}
    return {**body, "flavors": {k: v for k, v in inner.items() if isinstance(v, dict)}}


def _job(body: dict[str, Any]) -> dict[str, Any]:
    said, unread = dict(body), dict[str, Any]()
    for field in ("distribution", "services"):  # earlier servers took none but empty ones
        if not said.get(field, True):
            del said[field]
    for field, read in _READERS.items():
        if field in said:
            value = said.pop(field)
            try:
                found = read(value)
            except _Unread:
                unread[field] = value
            else:
                said |= {field: found} if found else {}
    resources = said.get("resources") or {}
    if not re.fullmatch(r"\d+[bBkKmMgG]?", str(resources.get("shm_size", "2g"))):
        unread["shm_size"] = resources["shm_size"]
        said["resources"] = {word: value for word, value in resources.items() if word != "shm_size"}
    if unread:
        kept = {f"{_UNREAD}{field}": json.dumps(value) for field, value in unread.items()}
        said["properties"] = {**(said.get("properties") or {}), **kept}
    return said


def _identity(value: Any) -> dict[str, Any]:
    said = _words(value)
    kind = _IDENTITIES.get(_bare(said.pop("type", "")))
    if kind is None or not all(isinstance(each, str) for each in said.values()):
        raise _Unread
    return {"type": kind, **said}


def _queue_settings(value: Any) -> dict[str, Any]:
    said = _words(value)
    tier, priority = said.pop("job_tier", None), said.pop("priority", None)
    if isinstance(priority, int) and 1 <= priority <= len(_PRIORITIES):
        priority = _PRIORITIES[priority - 1]
    found = {"job_tier": tier and _bare(tier), "priority": priority and str(priority).lower()}
    if said or found["job_tier"] not in (None, *_TIERS) or found["priority"] not in (None, *_PRIORITIES):
        raise _Unread
    return {word: each for word, each in found.items() if each is not None}


_READERS: dict[str, Callable[[Any], dict[str, Any]]] = {"identity": _identity, "queue_settings": _queue_settings}


def _words(value: Any) -> dict[str, Any]:
    """A mapping with the words of today, without what is empty."""
    if not isinstance(value, Mapping):
        raise _Unread
    spelt = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", str(word)).lower(): each for word, each in value.items()}
    return {_RENAMED.get(word, word): each for word, each in spelt.items() if each is not None}


def _bare(word: Any) -> str:
    return re.sub(r"[_-]", "", str(word)).lower()
