"""A step as REST says it. There it is written much as in YAML, with other words for a few things:

=============================  ==============================================================
YAML                           REST
=============================  ==============================================================
``component``, ``compute``     ``componentId``, ``computeId``, also in ``trial``
``inputs: {x: 3}``             ``{x: {job_input_type: literal, value: "3"}}``
``inputs: {x: {path: …}}``     ``{x: {job_input_type: uri_file, uri: …, mode: ReadOnlyMount}}``
``outputs: {x: ${{…}}}``       ``{x: {type: literal, value: ${{…}}}}``
``limits: {timeout: 70}``      ``{timeout: PT70S, job_limits_type: Command}``
``distribution: {type: mpi}``  ``{distribution_type: Mpi}``; ``identity`` and policies alike
``command: …``                 ``_command``, and beside it the ``componentId`` by which it is
                               known; so ``component: {…}`` and ``trial: {…}``
=============================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_snake

from lazuli.resources.in_place import step_of
from lazuli.resources.inout import Mode
from lazuli.schema.reference import shorten
from lazuli.schema.words import duration, seconds

__all__ = ["node_from_rest", "node_to_rest"]

_IDS = {
    "component": "componentId",
    "compute": "computeId",
    "code": "codeId",
    "environment": "environmentId",
}
_KINDS = {"distribution": "distribution_type", "identity": "identity_type", "early_termination": "policy_type"}
_SPELT = {"pytorch": "PyTorch", "mpi": "Mpi", "tensorflow": "TensorFlow", "ray": "Ray"}
_IN_PLACE = {"command": "_command", "component": "_component", "trial": "_trial"}
"""What a step says in place of a component: Microsoft's client stumbles over it under its own name."""
_OURS = frozenset({"name", "_source"})


def node_to_rest(name: str, said: Mapping[str, Any], component: str | None = None) -> dict[str, Any]:
    """The step ``name``, which YAML says as ``said``, as REST says it.

    ``component`` is the id by which what it says in place is known, where it says anything.
    """
    in_place = {key for key in _IN_PLACE if key == "command" or not isinstance(said.get(key), str)} & said.keys()
    node = {_IN_PLACE[key] if key in in_place else _IDS.get(key, key): value for key, value in said.items()}
    node = {"name": name, "_source": "YAML.JOB", "type": "command", **node}
    if node["type"] == "sweep":
        node["trial"] = {"componentId": node.get("trial", component)}
    elif node["type"] in ("command", "parallel"):
        node.setdefault("componentId", component)
    for word, kind in _KINDS.items():
        if isinstance(node.get(word), dict) and "type" in node[word]:
            value = node[word]["type"]
            rest = _SPELT.get(value, "".join(part.capitalize() for part in str(value).split("_")))
            node[word] = {**{k: v for k, v in node[word].items() if k != "type"}, kind: rest}
    if node["type"] == "command" and isinstance(node.get("limits"), dict):
        timeout = node["limits"].get("timeout")
        spelt = duration(timeout) if isinstance(timeout, int) else timeout
        node["limits"] = {**node["limits"], "timeout": spelt, "job_limits_type": "Command"}
    node["inputs"] = {key: _input(value) for key, value in (node.get("inputs") or {}).items()}
    node["outputs"] = {key: _output(value) for key, value in (node.get("outputs") or {}).items()}
    return node


def _input(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        return {"job_input_type": "literal", "value": said}
    rest = _moded(said)
    kind, path = rest.pop("type", "uri_folder"), rest.pop("path", None)
    if isinstance(path, str) and "${{" in path:  # what it is belongs to what it is bound to, and is kept beside
        return {"job_input_type": "literal", "value": path, **({"type": kind} if "type" in said else {}), **rest}
    return {"job_input_type": kind, **({"uri": path} if path is not None else {}), **rest}


def _output(said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        return {"type": "literal", "value": said}
    rest = _moded(said)
    kind, path = rest.pop("type", "uri_folder"), rest.pop("path", None)
    return {"job_output_type": kind, **({"uri": path} if path is not None else {}), **rest}


def _moded(said: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(said)
    if isinstance(rest.get("mode"), str):
        rest["mode"] = Mode.read(rest["mode"]).rest
    return rest


def node_from_rest(rest: Mapping[str, Any]) -> dict[str, Any]:
    """What YAML would say of a step that REST says."""
    words = {alias: word for word, alias in (*_IDS.items(), *_IN_PLACE.items())}
    if isinstance(rest.get("trial"), Mapping) and rest["trial"].keys() <= {"componentId"}:
        rest = {**rest, "trial": rest["trial"].get("componentId")}
    unsaid = {*_OURS, "componentId", "trial"} if _is_in_place(rest) else _OURS
    node = {words.get(key, key): value for key, value in rest.items() if key not in unsaid and value is not None}
    for word, kind in _KINDS.items():
        if isinstance(node.get(word), Mapping) and kind in node[word]:
            spelt = str(node[word][kind])
            yaml = {rest: word for word, rest in _SPELT.items()}.get(spelt) or to_snake(spelt)
            node[word] = {"type": yaml, **{k: v for k, v in node[word].items() if k != kind}}
    limits = node.get("limits")
    if isinstance(limits, Mapping):
        timeout = limits.get("timeout")
        kept = {key: value for key, value in limits.items() if key != "job_limits_type"}
        node["limits"] = (
            {**kept, "timeout": seconds(timeout)} if isinstance(timeout, str) and timeout[:1] == "P" else kept
        )
    for group, kind in (("inputs", "job_input_type"), ("outputs", "job_output_type")):
        if isinstance(node.get(group), Mapping):
            node[group] = {key: _port(value, kind) for key, value in node[group].items()}
    return node


def _is_in_place(rest: Mapping[str, Any]) -> bool:
    """Whether a step says itself what it runs, so that its component is only what it is known by."""
    if any(rest.get(word) for word in _IN_PLACE.values()):
        return True
    known = rest.get("componentId")
    return bool(rest.get("task")) and isinstance(known, str) and step_of(shorten(known, "components", None)) is not None


def _port(rest: Any, kind: str) -> Any:
    if not isinstance(rest, Mapping):
        return rest
    said = {key: value for key, value in rest.items() if value is not None}
    if (said.get(kind) or said.get("type")) == "literal":
        more = {key: value for key, value in said.items() if key not in (kind, "value") and value != "literal"}
        return {**more, "path": said.get("value")} if more else said.get("value")
    if kind in said:
        said["type"] = said.pop(kind)
    if "uri" in said:
        said["path"] = said.pop("uri")
    return said
