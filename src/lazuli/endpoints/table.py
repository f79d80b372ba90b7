"""The table of an endpoint's front: whom it lets in, and how it shares requests out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lazuli.endpoints.collected import Collections
from lazuli.endpoints.instances import as_run, asked_of
from lazuli.endpoints.keys import EndpointKeys, digest
from lazuli.resources.deployment import OnlineDeployment, RequestSettings
from lazuli.resources.table import noun
from lazuli.schema.problems import InvalidInput
from lazuli.schema.reference import parse_reference
from lazuli.shelves.shelf import document_of
from lazuli.store.documents import Record

__all__ = ["CONFIG", "REQUESTS", "chosen", "control_in", "doors_of", "mark_of", "onnx_said", "table_of"]

CONFIG, REQUESTS = "front.json", "requests.jsonl"
_CONTROL, _FORMER = "ctl", "front.sock"  # short: the path of a socket is
_WAIT_MS = 500
_TUNED = ("threads", "runners", "batch", "waiting")


def control_in(folder: Path) -> Path:
    """The socket of a front in its work folder; one that a former version started goes on at its own."""
    former = folder / _FORMER
    return former if former.exists() else folder / _CONTROL


def chosen(deployment: Record) -> Mapping[str, Any] | None:
    """What is to answer for a deployment: what was brought up last and is ready, else what answers now."""
    following = deployment.state.get("next") or {}
    return following if following.get("ready") else deployment.state.get("run")


def doors_of(endpoint: Record, keys: EndpointKeys) -> dict[str, Any]:
    """Whom the front of an endpoint is to let in."""
    doors = {
        "keys": [digest(key) for key in keys.of(endpoint.id).values()],
        "tokens": endpoint.state.get("tokens") or [],
    }
    return {**doors, "code": digest(keys.address(endpoint.id))} if endpoint.body.get("address_key") else doors


def table_of(
    endpoint: Record, deployments: Sequence[Record], keys: EndpointKeys, collections: Collections, folder: Path
) -> dict[str, Any]:
    """What the front of an endpoint is to know, with its work folder."""
    serving = {each.id.version: (as_run(each, run), run) for each in deployments if (run := chosen(each))}
    shares = {
        word: {name: share for name, share in (endpoint.body.get(said) or {}).items() if share and name in serving}
        for word, said in (("traffic", "traffic"), ("mirror", "mirror_traffic"))
    }
    return {
        "endpoint": endpoint.id.name,
        "address": ["127.0.0.1", endpoint.state["port"]],
        "control": str(control_in(folder)),
        "log": str(folder / REQUESTS),
        **doors_of(endpoint, keys),
        "deployments": {
            name: {**_said(each, run), "collect": collections.of(each)} for name, (each, run) in serving.items()
        },
        **shares,
    }


def mark_of(table: Mapping[str, Any]) -> str:
    """Tables that say the same have the same mark."""
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:16]


def onnx_said(record: Record, file: str) -> dict[str, Any]:
    """An ONNX model that the front answers with itself. Variables of the deployment say what may be tuned."""
    said: OnlineDeployment = document_of(noun("online-deployment"), record)
    asked = said.request_settings or RequestSettings()
    tuned: dict[str, Any] = {}
    for word in _TUNED:
        if text := said.environment_variables.get(f"LAZULI_ONNX_{word.upper()}"):
            if not text.isdecimal():
                raise InvalidInput(
                    f"'{text[:40]}' is not a number.",
                    target=f"environment_variables.LAZULI_ONNX_{word.upper()}",
                    mend="Use a whole number.",
                )
            tuned[word] = int(text)
    if providers := said.environment_variables.get("LAZULI_ONNX_PROVIDERS"):
        tuned["providers"] = [each.strip() for each in providers.split(",") if each.strip()]
    model = parse_reference(str(record.body["model"]))
    name = {"name": model.name} if model else {}
    return {"kind": "onnx", "model": file, "timeout_ms": asked.request_timeout_ms, **name, **tuned}


def _said(record: Record, run: Mapping[str, Any]) -> dict[str, Any]:
    said: OnlineDeployment = document_of(noun("online-deployment"), record)
    asked = said.request_settings or RequestSettings()
    if "model" in run:
        return onnx_said(record, str(run["model"]))
    instances = asked_of(run)
    addresses = [address for each in instances for address in each.addresses]
    is_own = bool(addresses) and not addresses[0].startswith("/")  # a worker of ours takes one request at a time
    at_once = asked.max_concurrent_requests_per_instance
    return {
        "kind": "process",
        "addresses": addresses,
        "instances": len(instances),
        **({"scoring": instances[0].scoring, "concurrency": at_once} if is_own else {}),
        "timeout_ms": asked.request_timeout_ms,
        "wait_ms": _WAIT_MS if asked.max_queue_wait_ms is None else asked.max_queue_wait_ms,
    }
