"""The same documents, whoever asks for them."""

# pyright: reportMissingImports=false
from __future__ import annotations

import re
from typing import Any

import yaml

from azure_steps.tour import Tour, lazuli

_STATE = {"is_archived", "is_anonymous", "provisioning_state", "creation_context"}
_OURS: dict[str, set[str]] = {
    "data": {"file_count", "size"},
    "environment": {"build_state", "python_version"},
    "compute": {
        "allocation_state",
        "disable_local_auth",
        "is_attached_compute",
        "price_per_hour",
        "properties",
        *(
            f"nodes_{word}"
            for word in (["allocated", "busy", "idle", "leaving", "preempted", "preparing", "unusable", "wanted"])
        ),
    },
    "job": {"start_time", "end_time"},
    "component": {"component_spec", "properties"},
    "datastore": {"is_default"},
}
"""What only we tell: the client's classes have no place for it."""
_ID = re.compile(r"^(?:azureml:)?/subscriptions/.*/(\w+)/([^/]+)/versions/([^/]+)$")
_FULL = re.compile(r"^azureml://subscriptions/.+/workspaces/[^/]+/datastores/")
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})\d*(?:Z|\+00:00)$")
_ENUM = re.compile(r"^[A-Z]\w+\.([A-Z]+)$")


def _plain(said: Any) -> Any:
    """A document without what is empty, each reference, moment and number in one of its spellings."""
    if isinstance(said, dict):
        plain = {key: _plain(value) for key, value in said.items() if key not in ("$schema", "credentials")}
        return {key: value for key, value in plain.items() if value not in (None, "", {}, [], False)}
    if isinstance(said, list):
        return [_plain(each) for each in said]
    if isinstance(said, bool) or said is None:
        return said
    text = str(said).partition("&tid=")[0]
    if match := _MOMENT.match(text):
        return f"{match[1]}.{match[2]}Z"
    if match := _ENUM.match(text):
        return match[1].capitalize()
    text = _FULL.sub("azureml://datastores/", text)
    return _ID.sub(r"azureml:\2:\3", text)


def _same(kind: str, seen: dict[str, Any], *words: str) -> None:
    """Fails unless the client shows what ``lazuli`` shows, but for what only one of them has a word for."""
    told = lazuli(kind, "show", *words)
    if isinstance(told.get("conda_file"), str):
        told["conda_file"] = yaml.safe_load(told["conda_file"])
    theirs, ours = _plain(seen), _plain(told)
    differing = {key: (value, ours.get(key)) for key, value in theirs.items() if ours.get(key) != value}
    assert not differing, f"{kind}: {differing}"
    assert ours.keys() - theirs.keys() <= _STATE | _OURS.get(kind, set()), (kind, ours.keys() - theirs.keys())


def see_the_same_documents(tour: Tour) -> None:
    """data, environments, models, computes, components, datastores: whole documents, as lazuli shows them"""
    client = tour.client
    _same("data", client.data.get("rows", "1")._to_dict(), "-n", "rows", "-v", "1")
    _same("environment", client.environments.get("place", "1")._to_dict(), "-n", "place", "-v", "1")
    _same("model", client.models.get("net", "1")._to_dict(), "-n", "net", "-v", "1")
    _same("compute", client.compute.get("crew")._to_dict(), "-n", "crew")
    _same("datastore", client.datastores.get("workspaceblobstore")._to_dict(), "-n", "workspaceblobstore")
    for name in ("longest_lines", "by_lazuli"):
        _same("component", client.components.get(name, "1")._to_dict(), "-n", name, "-v", "1")


def see_the_same_job(tour: Tour) -> None:
    """jobs: the whole document, as lazuli shows it"""
    seen = tour.client.jobs.get(tour.job.name)
    said = seen._to_dict()
    inside = said.pop("component")  # the client wraps what runs in a component of its own
    said |= {word: inside[word] for word in ("command", "code", "display_name")}
    said |= {word: getattr(seen, word) for word in ("name", "id", "status", "experiment_name")}
    _same("job", said, "-n", tour.job.name)
