"""The YAML of the preview of 2021, read as what is written today: a normaliser per field, used beside that field.

=============================================================  ===========================================
then                                                           today
=============================================================  ===========================================
``code: {local_path: src}``                                    ``code: ./src``
``command: … {inputs.x}``                                      ``command: … ${{inputs.x}}``
``inputs: {x: {data: {local_path: p}, mode: mount}}``          ``inputs: {x: {path: ./p, mode: ro_mount}}``
``inputs: {x: {file: URL}}``, ``folder``, ``dataset``          ``inputs: {x: {type: uri_file, path: URL}}``
``environment: {docker: {image: i}}``                          ``environment: {image: i}``
``environment: {docker: {build: {dockerfile: file:d/D}}}``     ``{build: {path: d, dockerfile_path: D}}``
``compute: {target: azureml:c, instance_count: 2}``            ``compute``, ``resources.instance_count``
``timeout: 60``                                                ``limits: {timeout: 60}``
``distribution: {process_count: 4}``, of all nodes together    ``process_count_per_instance``
``type: command_job``                                          ``type: command``
``services: {s: {job_service_type: ssh}}``                     ``services: {s: {type: ssh}}``
=============================================================  ===========================================

Only what a person writes is read so. What REST sends and what the store holds is in today's form, and a word of the
preview that stands there by chance keeps its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from lazuli.schema.reference import is_remote

__all__ = ["asset", "code", "environment", "job", "job_type", "read", "service", "written"]

Earlier = Callable[[Any, ValidationInfo], Any]

_BRACES = re.compile(r"(?<![${])\{(?P<group>inputs|outputs)\.(?P<name>[\w-]+)\}(?!\})")
_DOCKERFILE = re.compile(r"^\s*(FROM|ARG)\s|\n", re.IGNORECASE)


def _by_hand(normalise: Callable[[Any], Any]) -> Earlier:
    """A validator that sees only the mappings and words that a person wrote in YAML."""

    def validator(value: Any, info: ValidationInfo) -> Any:
        return normalise(value) if (info.context or {}).get("yaml") else value

    return validator


@_by_hand
def job_type(value: Any) -> Any:
    """``command_job`` is ``command``."""
    return value.removesuffix("_job") if isinstance(value, str) else value


@_by_hand
def code(value: Any) -> Any:
    """``{local_path: src}`` is ``./src``."""
    return _place(value) if isinstance(value, dict) and value.keys() == {"local_path"} else value


@_by_hand
def job(value: Any) -> Any:
    """What the preview said in one field and today's form says in two: command, compute, timeout, processes."""
    if not isinstance(value, dict):
        return value
    said = dict(value)
    if isinstance(said.get("command"), str):
        said["command"] = _command(said["command"], said)
    if isinstance(said.get("compute"), dict):
        said.update(_compute(said["compute"], said.get("resources")))
    if "timeout" in said and "limits" not in said:
        said["limits"] = {"timeout": said.pop("timeout")}
    if isinstance(said.get("distribution"), dict) and "process_count" in said["distribution"]:
        said["distribution"] = _distribution(said["distribution"], said.get("resources"))
    return said


def _command(text: str, said: dict[str, Any]) -> str:
    """``{inputs.x}`` is bound where the job has an input of that name; elsewhere braces are only braces."""

    def bound(match: re.Match[str]) -> str:
        there = said.get(match["group"])
        known = isinstance(there, dict) and match["name"] in there
        return f"${{{{{match['group']}.{match['name']}}}}}" if known else match[0]

    return _BRACES.sub(bound, text)


def _compute(compute: dict[str, Any], resources: Any) -> dict[str, Any]:
    if unknown := sorted(compute.keys() - {"target", "instance_count", "instance_type"}):
        raise ValueError(f"'compute' has no '{unknown[0]}'. Write 'compute: NAME', and the rest under 'resources'")
    nodes = {key: item for key, item in compute.items() if key != "target"}
    said = {"compute": compute.get("target")}
    return {**said, "resources": {**nodes, **(resources or {})}} if nodes else said


def _distribution(distribution: dict[str, Any], resources: Any) -> dict[str, Any]:
    said = dict(distribution)
    total, nodes = said.pop("process_count"), (resources or {}).get("instance_count", 1)
    if not (isinstance(total, int) and isinstance(nodes, int) and nodes > 0 and total % nodes == 0):
        raise ValueError(
            f"'distribution.process_count' is {total}, which {nodes} nodes cannot share evenly. "
            "Write 'process_count_per_instance'"
        )
    return {**said, "process_count_per_instance": total // nodes}


@_by_hand
def service(value: Any) -> Any:
    """``job_service_type`` is ``type``."""
    if not isinstance(value, dict) or "job_service_type" not in value or "type" in value:
        return value
    return {
        **{key: item for key, item in value.items() if key != "job_service_type"},
        "type": value["job_service_type"],
    }


@_by_hand
def environment(value: Any) -> Any:
    """``docker: {image}`` is ``image``, ``docker: {build: {dockerfile}}`` is a build context."""
    docker = value.get("docker") if isinstance(value, dict) else None
    if not isinstance(docker, dict) or docker.keys() - {"image", "build"}:
        return value
    said = {key: item for key, item in value.items() if key != "docker"}
    build = docker.get("build")
    if isinstance(build, dict) and isinstance(build.get("dockerfile"), str):
        said["build"] = {**_build(build["dockerfile"]), **{k: v for k, v in build.items() if k != "dockerfile"}}
    elif build is not None:
        said["build"] = build
    if "image" in docker:
        said["image"] = docker["image"]
    return said


def _build(dockerfile: str) -> dict[str, str]:
    if _DOCKERFILE.search(dockerfile):
        raise ValueError("the text of a Dockerfile stands in it. Write it to a file: 'dockerfile: file:Dockerfile'")
    file = PurePosixPath(dockerfile.removeprefix("file:"))
    return {"path": str(file.parent), "dockerfile_path": file.name}


@_by_hand
def read(value: Any) -> Any:
    """An input that says ``data``, ``file``, ``folder`` or ``dataset``."""
    return _put(value, "ro_mount")


@_by_hand
def written(value: Any) -> Any:
    """An output that says the same."""
    return _put(value, "rw_mount")


_KINDS = {"data": "", "dataset": "", "file": "uri_file", "folder": "uri_folder"}


def _put(value: Any, mount: str) -> Any:
    if not isinstance(value, dict):
        return value
    said = {**value, "mode": mount} if value.get("mode") == "mount" else dict(value)
    if "datastore_id" in said:
        said["path"] = _place({"datastore": said.pop("datastore_id"), "path": said.get("path")})
    words = [word for word in _KINDS if word in said]
    if len(words) != 1 or "path" in said:
        return said
    path = _place(said.pop(words[0]))
    kind = _KINDS[words[0]] or _kind_of(path)
    return {**({"type": kind} if kind else {}), "path": path, **said}


@_by_hand
def asset(value: Any) -> Any:
    """Data, models and build contexts that say ``local_path``, or ``datastore`` and ``path``."""
    if not isinstance(value, dict) or not ({"local_path", "datastore"} & value.keys()):
        return value
    rest = {key: item for key, item in value.items() if key not in ("local_path", "datastore", "path")}
    return {**rest, "path": _place({key: item for key, item in value.items() if key not in rest})}


def _place(said: Any) -> Any:
    """``{local_path}``, ``{path}`` or ``{datastore, path}`` as one path; whatever else as it is, to be refused."""
    if not isinstance(said, dict):
        return said
    if said.keys() == {"datastore", "path"}:
        return f"azureml://datastores/{str(said['datastore']).removeprefix('azureml:')}/paths/{said['path'] or ''}"
    if said.keys() == {"local_path"}:
        return _here(said["local_path"])
    return said["path"] if said.keys() == {"path"} else said


def _here(path: Any) -> Any:
    """A local path that cannot be taken for the name of an asset, which ``src`` alone could be."""
    return f"./{path}" if isinstance(path, str) and "/" not in path else path


def _kind_of(path: Any) -> str:
    """What lies far away is a file where its name has an ending; what is here is looked at when it is sent."""
    if not isinstance(path, str) or "://" not in path or not is_remote(path):
        return ""
    return "uri_file" if PurePosixPath(urlsplit(path).path).suffix else "uri_folder"
