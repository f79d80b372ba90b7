"""Lineage: from a model back to the job that made it, and to everything that job ran with."""

from __future__ import annotations

from typing import Any

from lazuli.assets.kinds import Models
from lazuli.jobs.submit import Jobs
from lazuli.resources.job import CommandJob
from lazuli.resources.table import noun
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import NotFound
from lazuli.schema.reference import parse_reference
from lazuli.shelves.shelf import document_of

__all__ = ["lineage_of"]


def lineage_of(id: ResourceId, models: Models, jobs: Jobs) -> dict[str, list[dict[str, Any]]]:
    """The graph behind a model version: ``{"nodes": [{kind, name, version, …}], "edges": [{from, to, role}]}``.

    Nodes are models, jobs, data, code and environments; an edge leads from what was used to what came of it.
    """
    model = models.get(id)
    nodes = [_node("model", model.id.name, model.id.version)]
    edges: list[dict[str, Any]] = []
    job_name = model.state.get("job_name")
    if not job_name:
        return {"nodes": nodes, "edges": edges}
    nodes.append(_node("job", job_name))
    edges.append(_edge(nodes[1], nodes[0], "output"))
    try:
        job: CommandJob = document_of(noun("job"), jobs.get(ResourceId(model.id.scope, "jobs", job_name)))
    except NotFound:  # a job may be deleted; what it made stays, and says where it came from
        return {"nodes": nodes, "edges": edges}
    nodes[1] |= {"status": job.status.value if job.status else "", "experiment": job.experiment_name}
    if commit := job.properties.get("mlflow.source.git.commit"):
        nodes[1]["commit"] = commit
    used = [("code", "code", job.code), ("environment", "environment", job.environment)]
    used += [(f"input {name}", given.type.collection, given.path) for name, given in job.inputs.items() if given.path]
    for role, kind, address in used:
        if isinstance(address, str):
            nodes.append(_named(kind, address))
            edges.append(_edge(nodes[-1], nodes[1], role))
    return {"nodes": nodes, "edges": edges}


def _named(kind: str, address: str) -> dict[str, Any]:
    found = None if address.startswith("azureml://") else parse_reference(address)
    return _node(kind.rstrip("s"), found.name, found.version) if found else _node("path", address)


def _node(kind: str, name: str, version: str = "") -> dict[str, Any]:
    id = f"{kind}/{name}" + (f"/{version}" if version else "")
    return {"id": id, "kind": kind, "name": name, "version": version}


def _edge(start: dict[str, Any], end: dict[str, Any], role: str) -> dict[str, Any]:
    return {"from": start["id"], "to": end["id"], "role": role}
