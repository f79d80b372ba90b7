"""What was kept as clients had spelt it is kept as it is read today, and what nobody could read stays as a property.

Until now nothing was made of how a job's processes share its work, nor of the number of its nodes: a job that has
begun ran its command once. To say otherwise of it would look for logs that it never wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, text

STATEMENTS: list[str] = []

_ROWS = text("SELECT id, kind, status, body, state FROM resource WHERE kind IN ('jobs', 'models')")
_UPDATE = text("UPDATE resource SET body = :body, state = :state WHERE id = :id")
_UNREAD = "lazuli.earlier."
"""Before the name of a property that keeps what a job said in this field."""
_RENAMED = {
    "distribution_type": "type",
    "identity_type": "type",
    "job_service_type": "type",
    "resource_id": "msi_resource_id",
}
_PER_NODE = ("process_count_per_instance",)
_SHARES = {
    "pytorch": _PER_NODE,
    "mpi": _PER_NODE,
    "tensorflow": ("worker_count", "parameter_server_count"),
}
_IDENTITIES = {
    "useridentity": "user_identity",
    "managed": "managed_identity",
    "managedidentity": "managed_identity",
    "amltoken": "aml_token",
}
_SERVICES = {
    "jupyterlab": "jupyter_lab",
    "tensorboard": "tensor_board",
    "vscode": "vs_code",
    "ssh": "ssh",
    "custom": "custom",
}
_OURS = ("studio", "tracking")
_TIERS = ("spot", "basic", "standard", "premium", "null")
_PRIORITIES = ("low", "medium", "high")


class _Unread(Exception):
    """It says nothing that is known today."""


def fill(tx: Connection) -> None:
    """Say anew what was said before."""
    for row in tx.execute(_ROWS).all():
        body, state = json.loads(row.body), json.loads(row.state)
        if row.kind == "models":
            said, facts = _model(body), state
        elif "nodes" not in state:  # which every job has that was submitted since
            said, facts = _job(body, state, has_begun=row.status != "Queued")
        else:
            continue
        if (said, facts) != (body, state):
            tx.execute(_UPDATE, {"id": row.id, "body": json.dumps(said), "state": json.dumps(facts)})


def _model(body: dict[str, Any]) -> dict[str, Any]:
    """REST keeps what a flavor says of itself one level deeper; what is no mapping is no flavor."""
    flavors = body.get("flavors")
    if not isinstance(flavors, dict):
        return body
    inner = {k: v["data"] if isinstance(v, dict) and v.keys() == {"data"} else v for k, v in flavors.items()}
    return {**body, "flavors": {k: v for k, v in inner.items() if isinstance(v, dict)}}


def _job(body: dict[str, Any], state: dict[str, Any], *, has_begun: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    said, unread = dict(body), dict[str, Any]()
    for field, read in _READERS.items():
        if field in said:
            value = said.pop(field)
            try:
                if field == "distribution" and has_begun:
                    raise _Unread
                found = read(value)
            except _Unread:
                unread[field] = value
            else:
                said |= {field: found} if found else {}
    resources = dict(said.get("resources") or {})
    if not re.fullmatch(r"\d+[bBkKmMgG]?", str(resources.get("shm_size", "2g"))):
        unread["shm_size"] = resources.pop("shm_size")
    if resources.get("instance_count", 1) != 1:
        if has_begun:
            unread["instance_count"] = resources.pop("instance_count")
        else:
            state = {**state, "nodes": resources["instance_count"]}
    if "resources" in said:
        said["resources"] = resources
    if unread:
        kept = {f"{_UNREAD}{field}": json.dumps(value) for field, value in unread.items()}
        said["properties"] = {**(said.get("properties") or {}), **kept}
    return said, state


def _distribution(value: Any) -> dict[str, Any]:
    said = _words(value)
    kind = _bare(said.pop("type", ""))
    if kind not in _SHARES or said.keys() - set(_SHARES[kind]):
        raise _Unread
    least = {"parameter_server_count": 0}
    return {"type": kind, **{word: _number(count, least.get(word, 1), 1000) for word, count in said.items()}}


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


def _services(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unread
    known = {name: _service(said) for name, said in value.items()}
    return {name: said for name, said in known.items() if said is not None}


def _service(value: Any) -> dict[str, Any] | None:
    """What a job asked for; None for what the platform said of itself."""
    said = _words(value)
    kind = _bare(said.get("type", "custom"))
    if kind in _OURS:
        return None
    facts = said.get("properties") or {}
    nodes = said.get("nodes")
    if kind not in _SERVICES or not isinstance(facts, dict):
        raise _Unread
    properties = {str(name): str(each) for name, each in facts.items() if each is not None}
    found = {
        "type": None if kind == "custom" else _SERVICES[kind],
        "nodes": "all" if nodes else None,
        "port": None if said.get("port") is None else _number(said["port"], 1024, 65535),
        "log_dir": said.get("log_dir") or properties.pop("logDir", None),
        "ssh_public_keys": said.get("ssh_public_keys") or properties.pop("sshPublicKeys", None),
        "properties": properties or None,
    }
    return {word: each for word, each in found.items() if each is not None}


_READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "distribution": _distribution,
    "identity": _identity,
    "queue_settings": _queue_settings,
    "services": _services,
}


def _words(value: Any) -> dict[str, Any]:
    """A mapping with the words of today, without what is empty."""
    if not isinstance(value, Mapping):
        raise _Unread
    spelt = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", str(word)).lower(): each for word, each in value.items()}
    return {_RENAMED.get(word, word): each for word, each in spelt.items() if each is not None}


def _bare(word: Any) -> str:
    return re.sub(r"[_-]", "", str(word)).lower()


def _number(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}", str(value)) or not least <= int(value) <= most:
        raise _Unread
    return int(value)
