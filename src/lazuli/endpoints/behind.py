"""Deployments and the endpoint they are behind, of whichever kind they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from lazuli.schema.document import Document
from lazuli.schema.identity import NESTED, ResourceId
from lazuli.schema.problems import NotFound
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store
from lazuli.store.sources import Source, named

__all__ = ["deployments_of", "endpoint_of", "made_of", "no_deployment", "said_of"]

_MOST = 1000
_TOLD = 10
_BEHIND = {within: kind for kind, (within, _) in NESTED.items()}


def endpoint_of(id: ResourceId) -> ResourceId:
    """The endpoint that a deployment is behind."""
    return ResourceId(id.scope, NESTED[id.kind][0], id.name)


def deployments_of(store: Store, tx: Connection, id: ResourceId) -> list[Record]:
    """The deployments behind an endpoint, the oldest first."""
    wanted = Selection(id.scope, _BEHIND[id.kind], name=id.name, limit=_MOST, newest_first=False)
    return list(store.documents.select(tx, wanted))


def no_deployment(store: Store, tx: Connection, id: ResourceId) -> NotFound:
    """The problem that there is no such deployment, or no such endpoint."""
    endpoint = endpoint_of(id)
    if store.documents.find(tx, endpoint) is None:
        there = store.documents.select(tx, Selection(id.scope, endpoint.kind, limit=_TOLD))
        here = ", ".join(sorted(each.id.name for each in there))
        mend = f"Endpoints here: {here}." if here else "Make it first, or look at the name that 'endpoint_name' says."
        return NotFound(f"The endpoint '{id.name}' does not exist.", target=endpoint.path, mend=mend)
    names = ", ".join(each.id.version for each in deployments_of(store, tx, endpoint))
    return NotFound(
        f"The endpoint '{id.name}' has no deployment '{id.version}'.",
        target=id.path,
        mend=f"It has: {names}." if names else "It has none.",
    )


def made_of(deployment: Record) -> Iterator[Source]:
    """The model, the script and the environment of a deployment, or the component that is its pipeline."""
    scope, body = deployment.id.scope, deployment.body
    code = (body.get("code_configuration") or {}).get("code")
    for role, kind, said in (
        ("model", "models", body.get("model")),
        ("code", "codes", code),
        ("environment", "environments", body.get("environment")),
        ("component", "components", body.get("component")),
    ):
        if isinstance(said, str):
            yield named(role, scope, kind, said)
    for each in body.get("further_models") or []:
        yield named("model", scope, "models", each)


def said_of(document: Document) -> dict[str, Any]:
    """What is kept of an endpoint or a deployment: all that it says but its names, which are its id."""
    return {key: value for key, value in document.dump().items() if key not in ("name", "endpoint_name")}
