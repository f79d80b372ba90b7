"""The picture of a pipeline: its steps as nodes with how they stand, and what leads from one to another as edges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from lazuli.jobs.kinds import kind_of
from lazuli.jobs.pipeline.lifecycle import Known, Opened
from lazuli.jobs.submit import Jobs
from lazuli.resources.job import JobType
from lazuli.resources.node import NodeBase, SweepNode
from lazuli.resources.pipeline import bindings_of
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput
from lazuli.store import tables
from lazuli.store.documents import Record

__all__ = ["Pictures"]

_R = tables.resource
_TOLD = {"start_time": "startTime", "end_time": "endTime", "reused": "reusedJob", "error": "error"}


class Pictures:
    """Draws pipelines."""

    def __init__(self, jobs: Jobs, known: Known) -> None:
        self._jobs = jobs
        self._known = known

    def graph(self, id: ResourceId) -> dict[str, Any]:
        """The graph of a pipeline job: ``{"nodes": […], "edges": […]}``.

        A node tells its step, type, job, status and times; a step whose job is not made yet is ``NotStarted``. An edge
        tells the port it leaves and the port it enters; both are empty for steps that only come one after another.
        """
        record = self._jobs.get(id)
        if kind_of(record) is not JobType.PIPELINE:
            raise InvalidInput(
                f"The job '{record.id.name}' is no pipeline.", target="name", mend="Ask for the graph of a pipeline."
            )
        opened = self._known.open(record)
        with self._jobs.store.state.read() as tx:
            begun = _begun(tx, record)
        nodes = [_node(opened, step, begun.get(name)) for step, name in opened.names.items()]
        return {"job": record.id.name, "status": record.status, "nodes": nodes, "edges": opened.drawn(_edges)}


def _node(opened: Opened, step: str, begun: Mapping[str, Any] | None) -> dict[str, Any]:
    node = opened.graph.steps[step]
    said = {
        "step": step,
        "type": node.type.value,
        "displayName": node.display_name or step,
        "job": opened.names[step],
        "status": "NotStarted",
        "component": _component_of(node),
    }
    return {key: value for key, value in {**said, **(begun or {})}.items() if value is not None}


def _component_of(node: NodeBase) -> str | None:
    component = node.trial if isinstance(node, SweepNode) else getattr(node, "component", None)
    return component if isinstance(component, str) else None


def _begun(tx: Connection, record: Record) -> dict[str, dict[str, Any]]:
    """How the steps stand whose jobs are made, by the name of the job."""
    query = select(_R.c.name, _R.c.status, _R.c.state).where(
        _R.c.kind == "jobs", _R.c.scope == record.id.scope.key, _R.c.parent == record.id.name, tables.HAS_PARENT
    )
    found: dict[str, dict[str, Any]] = {}
    for name, status, text in tx.execute(query):
        state = json.loads(text)
        told = {word: state[key] for key, word in _TOLD.items() if state.get(key)}
        found[name] = {"status": status, **told}
    return found


def _edges(opened: Opened) -> list[dict[str, str]]:
    """What leads from one step to another, and from and to the pipeline itself ('')."""
    return [edge for step, node in opened.graph.steps.items() for edge in _edges_of(step, node)]


def _edges_of(step: str, node: NodeBase) -> Iterator[dict[str, str]]:
    for field, binding in bindings_of(node):
        side, _, port = field.partition(".")
        group, _, rest = binding.name.partition(".")
        if group == "jobs":
            other, _, its = rest.partition(".")
            yield {"from": other, "output": its.partition(".")[2], "to": step, "input": port}
        elif group == "inputs":
            yield {"from": "", "output": rest, "to": step, "input": port or side}
        elif group == "outputs":
            yield {"from": step, "output": port, "to": "", "input": rest}
    for other in node.run_after:
        yield {"from": other, "output": "", "to": step, "input": ""}
