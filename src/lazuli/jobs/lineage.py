"""Lineage: what anything was made from, what was made of it, and who did what to it when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from lazuli.jobs.kinds import kind_of
from lazuli.jobs.outputs import place_of
from lazuli.jobs.transitions import TERMINAL
from lazuli.resources.inout import Input
from lazuli.resources.job import JobType
from lazuli.resources.table import noun
from lazuli.schema.identity import NESTED, ResourceId, Scope, parse_resource_id
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.reference import parse_registry
from lazuli.schema.words import moment
from lazuli.shelves.shelf import find_registry
from lazuli.store.documents import Entry, Record, Selection
from lazuli.store.opened import Store
from lazuli.store.sources import Source, lying_at, made_from, named
from lazuli.tracking.runs import Run, Runs

__all__ = ["DIRECTIONS", "Facts", "Lineage", "sources_of"]

Facts = Callable[[Record], Mapping[str, Any]]
"""What a graph tells of a resource besides its names."""

DIRECTIONS = ("both", "up", "down")
_MOST_NODES, _MOST_OF_ONE, _MOST_EVENTS = 500, 50, 200
_COMMIT = ("azureml.git.commit", "mlflow.source.git.commit")
_ENDS = TERMINAL | {"Succeeded"}
_PLATFORM = "lazuli"
_CAME_ABOUT = frozenset({"jobs", "models", "data", *NESTED, *(within for within, _ in NESTED.values())})
"""Kinds whose events a graph tells; code and environments are made along the way."""


def sources_of(record: Record) -> Iterator[Source]:
    """What a job runs with, as it says itself."""
    scope, body = record.id.scope, record.body
    work = {**body, **(body.get("task") or {}), **(body.get("trial") or {})}
    for role, kind in (("code", "codes"), ("environment", "environments"), ("component", "components")):
        if isinstance(said := work.get(kind[:-1]), str):
            yield named(role, scope, kind, said)
    for name, said in (body.get("inputs") or {}).items():
        given = Input.load(said) if isinstance(said, Mapping) else None
        if given is None or not given.path:
            continue
        role = f"input {name}"
        yield (
            lying_at(scope, role, given.path)
            if "://" in given.path and not parse_registry(given.path)
            else named(role, scope, given.type.collection, given.path)
        )
    properties = body.get("properties") or {}
    if asked := properties.get("azureml.deploymentname"):
        behind = str(properties.get("azureml.endpointname") or "")
        yield Source("deployment", ResourceId(scope, "batchDeployments", behind, str(asked)).shown)
    if earlier := record.state.get("reused"):
        yield Source("reused outputs", ResourceId(scope, "jobs", str(earlier)).shown)


@dataclass
class _Graph:
    """A graph as it grows."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], None] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return len(self.nodes) >= _MOST_NODES


class Lineage:
    """The graph of what came of what. ``facts`` tell more of resources of a kind."""

    def __init__(self, store: Store, runs: Runs, facts: Mapping[str, Facts]) -> None:
        self._store = store
        self._runs = runs
        self._facts = facts

    def graph(self, id: ResourceId, direction: str = "both") -> dict[str, Any]:
        """``{"root", "nodes", "edges", "events"}`` around a resource; ids are resource ids, or places.

        Nodes tell ``kind``, ``name``, ``version``, who made them and when, jobs also their status, commit and metrics.
        An edge ``{"from", "to", "role"}`` leads from what was used to what came of it. ``events`` tell who did what
        to the jobs, models and endpoints among them, the oldest first. ``up`` shows only what it was made from,
        ``down`` only what was made of it. Raises :class:`NotFound`.
        """
        if direction not in DIRECTIONS:
            raise InvalidInput(
                f"'{direction[:40]}' is no direction.", target="direction", mend=f"Use {', '.join(DIRECTIONS)}."
            )
        graph = _Graph()
        with self._store.state.read() as tx:
            record = self._store.documents.find(tx, id)
            if record is None:
                raise NotFound(f"There is no '{id.name}:{id.version}'.".replace(":'", "'"), target=id.path)
            self._add(graph, record)
            for word, walk in (("up", self._above), ("down", self._below)):
                if direction in (word, "both"):
                    self._walk(tx, graph, record, walk)
            events = self._events(tx, graph)
        self._add_runs(graph, id.scope)
        edges = [{"from": start, "to": end, "role": role} for start, end, role in graph.edges]
        nodes = list(graph.nodes.values())
        return {"root": record.id.shown, "nodes": nodes, "edges": edges, "events": events, "isCut": graph.is_full}

    def _walk(self, tx: Connection, graph: _Graph, start: Record, walk: Callable[..., Iterable[Record]]) -> None:
        """Add all that lies in one direction, the nearest first."""
        seen, line = {start.id.shown.lower()}, [start]
        while line and not graph.is_full:
            for found in walk(tx, graph, line.pop(0)):
                if found.id.shown.lower() not in seen:
                    seen.add(found.id.shown.lower())
                    line.append(found)

    def _above(self, tx: Connection, graph: _Graph, record: Record) -> Iterator[Record]:
        """What a resource was made from, added to the graph."""
        for source in self._sources(tx, record):
            if graph.is_full:  # a job may have any number of inputs
                return
            found = self._found(tx, source.address, record.id.scope)
            if found:
                self._add(graph, found)
                yield found
            else:
                self._add_missing(graph, record.id.scope, source.address)
            address = found.id.shown if found else source.address
            graph.edges[address, record.id.shown, source.role] = None

    def _below(self, tx: Connection, graph: _Graph, record: Record) -> Iterator[Record]:
        """What was made from a resource, added to the graph."""
        for found in self._made_of(tx, record):
            if graph.is_full:
                return
            self._add(graph, found)
            for role in _roles(self._sources(tx, found), record):
                graph.edges[record.id.shown, found.id.shown, role] = None
            yield found

    def _sources(self, tx: Connection, record: Record) -> Iterator[Source]:
        """What a resource was made from; a family of jobs also from those children whose outputs are its own."""
        documents = self._store.documents
        yield from documents.sources[record.id.kind](record) if record.id.kind in documents.sources else ()
        if record.id.kind != "jobs":
            return
        scope = record.id.scope
        if best := record.state.get("best"):
            yield Source("best trial", ResourceId(scope, "jobs", str(best["trial"])).shown)
        if kind_of(record) is JobType.PIPELINE and (own := _places(record)):
            for child in documents.select(tx, Selection(scope, "jobs", parent=record.id.name, newest_first=False)):
                if _places(child) & own:
                    yield Source("step", child.id.shown)

    def _made_of(self, tx: Connection, record: Record) -> Iterator[Record]:
        """What says of a resource that it was made from it, the newest of each kind first."""
        documents = self._store.documents
        scope = None if record.id.scope.is_registry else record.id.scope
        filed = (made_from(record.id),)
        for kind in documents.sources:
            yield from documents.select(tx, Selection(scope, kind, facets=filed, limit=_MOST_OF_ONE))
        parent = documents.find(tx, ResourceId(record.id.scope, "jobs", record.parent)) if record.parent else None
        if parent and _roles(self._sources(tx, parent), record):
            yield parent

    def _found(self, tx: Connection, address: str, scope: Scope) -> Record | None:
        """The record that an address names; None where it is a place, or gone, or in another workspace.

        A property may name anything, and whoever reads one workspace may not read another.
        """
        if place := parse_registry(address):
            try:
                registry = find_registry(self._store, tx, place.registry)
            except NotFound:
                return None
            id = ResourceId(registry.id.scope, place.kind.lower(), place.name, place.version)
        else:
            id = parse_resource_id(address)
            id = id if id and id.scope.key == scope.key else None
        return self._store.documents.find(tx, id) if id else None

    def _add(self, graph: _Graph, record: Record) -> None:
        address = record.id.shown
        if address in graph.nodes:
            return
        told = {"createdAt": moment(record.created_at), "createdBy": record.created_by}
        if record.status:
            told["status"] = record.status
        if record.archived:
            told["isArchived"] = True
        if record.id.kind == "jobs":
            told |= _of_job(record)
        facts = self._facts.get(record.id.kind)
        graph.nodes[address] = _node(record.id) | told | dict(facts(record) if facts else {})
        graph.records[address] = record

    def _add_runs(self, graph: _Graph, scope: Scope) -> None:
        """What the runs of its jobs measured, read at once: a family has hundreds of them."""
        jobs = {record.id.name: address for address, record in graph.records.items() if record.id.kind == "jobs"}
        for run in self._runs.those(scope, jobs):
            graph.nodes[jobs[run.id]] |= _of_run(run)

    def _add_missing(self, graph: _Graph, scope: Scope, address: str) -> None:
        """A place, something of another workspace, or what was deleted, of which at least the run may be there."""
        id = parse_resource_id(address)
        if id is None:
            place = parse_registry(address)
            node = {"kind": "path", "name": address, "version": ""}
            if place:
                node = {"kind": _word(place.kind), "name": place.name, "version": place.version}
            graph.nodes.setdefault(address, {"id": address, **node})
            return
        is_ours = id.scope.key == scope.key
        run = self._run(id) if id.kind == "jobs" and is_ours else None
        told = {"isDeleted": True} if is_ours and run is None else {"kind": "run", **_of_run(run)} if run else {}
        graph.nodes.setdefault(address, _node(id) | told)

    def _run(self, id: ResourceId) -> Run | None:
        """The run of a job; or one that no job is behind, which goes by a job's id."""
        try:
            return self._runs.get(id.scope, id.name)
        except NotFound:
            return None

    def _events(self, tx: Connection, graph: _Graph) -> list[dict[str, Any]]:
        """What people did to what the graph shows, and how what they began ended."""
        events = [
            {"at": moment(entry.at), "by": entry.actor, "event": entry.event, "node": address, **entry.detail}
            for address, record in graph.records.items()
            if record.id.kind in _CAME_ABOUT
            for entry in self._store.documents.journal(tx, record.id)
            if _is_told(entry)
        ]
        return sorted(events, key=lambda event: event["at"])[-_MOST_EVENTS:]


def _roles(sources: Iterable[Source], record: Record) -> list[str]:
    """As what a resource is among ``sources``."""
    return [each.role for each in sources if each.address.lower() == record.id.shown.lower()]


def _is_told(entry: Entry) -> bool:
    """Whether an entry says what somebody did, or how something ended."""
    return entry.actor != _PLATFORM or entry.detail.get("to") in _ENDS


def _places(record: Record) -> set[str]:
    return {place_of(record, output) for output in record.body.get("outputs") or {}}


def _of_job(record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {"experiment": record.body.get("experiment_name") or "Default"}
    properties = record.body.get("properties") or {}
    commit = next((properties[word] for word in _COMMIT if properties.get(word)), "")
    return told | ({"commit": commit} if commit else {})


def _of_run(run: Run) -> dict[str, Any]:
    """What a run measured, and what it read."""
    told: dict[str, Any] = {"metrics": {each.key: each.value for each in run.metrics}, "params": dict(run.params)}
    if commit := run.tags.get("mlflow.source.git.commit"):
        told["commit"] = commit
    if run.datasets:
        told["datasets"] = [{"name": each.name, "digest": each.digest} for each in run.datasets]
    return {key: value for key, value in told.items() if value}


def _node(id: ResourceId) -> dict[str, Any]:
    return {"id": id.shown, "kind": _word(id.kind), "name": id.name, "version": id.version}


def _word(collection: str) -> str:
    try:
        return noun(collection).word
    except KeyError:
        return collection
