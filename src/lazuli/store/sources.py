"""Sources: what a resource was made from, filed so that it is found from either end.

A source is told by its address: the id of another resource as clients are told it, or a place. Resources are filed
under the addresses of their sources, so that what came of something costs one look, however much there is.
"""

from __future__ import annotations

from typing import NamedTuple

from lazuli.schema.identity import ResourceId, Scope
from lazuli.schema.places import maker_of
from lazuli.schema.reference import expand, parse_datastore_path
from lazuli.store.facets import Facet

__all__ = ["Source", "lying_at", "made_from", "named"]

_MADE_FROM = "made_from"
"""The facet of what something was made from."""


class Source(NamedTuple):
    """What something was made from, and as what."""

    role: str
    """What it served as: ``code``, ``input data``, ``model``."""
    address: str
    """A resource's id, as it is shown to clients; or a place."""


def named(role: str, scope: Scope, kind: str, said: str) -> Source:
    """The source that a reference to one of ``kind`` (a REST collection) names in ``scope``."""
    return Source(role, expand(said, kind, scope))


def made_from(address: str | ResourceId) -> Facet:
    """Under what everything is filed that was made from ``address``."""
    return _MADE_FROM, (address.shown if isinstance(address, ResourceId) else address).lower()


def lying_at(scope: Scope, role: str, place: str) -> Source:
    """The source that a place is: the job or run in whose folder it lies, else the place itself."""
    path = parse_datastore_path(place)
    maker = maker_of(path) if path else ""
    return Source(role, ResourceId(scope, "jobs", maker).shown) if maker else Source(role, place)
