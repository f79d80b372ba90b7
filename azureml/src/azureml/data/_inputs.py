"""Datasets on their way into jobs, and what a job finds of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

VARIABLE = "LAZULI_INPUT_DATASETS"
"""Names the datasets of a job: ``{"name": {"id": …}}``, ``{"path": …}``, or ``{"variable": …}`` for a path there."""


def add(job: dict[str, Any], group: str, name: str, said: Mapping[str, Any], variable: str | None = None) -> str:
    """Add an input or output to a job's document; the binding that stands for it in a command.

    The name is kept where it can be; where another input has it, a number follows.
    """
    properties = _properties(job)
    there = properties.setdefault(group, {})
    name = re.sub(r"\W", "_", name) or group.rstrip("s")
    name = name if not name[0].isdigit() else f"_{name}"
    chosen, number = name, 1
    while chosen in there and there[chosen] != dict(said):
        number += 1
        chosen = f"{name}_{number}"
    there[chosen] = dict(said)
    binding = f"${{{{{group}.{chosen}}}}}"
    if variable:
        set_variable(job, variable, binding)
    return binding


def set_variable(job: dict[str, Any], name: str, value: str) -> None:
    """Set an environment variable of the job, where its name can be one."""
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        properties = _properties(job)
        properties["environmentVariables"] = {**(properties.get("environmentVariables") or {}), name: value}


def _properties(job: dict[str, Any]) -> dict[str, Any]:
    """What a job's document says of the job; the document itself where it is that alone."""
    return job if "jobType" in job else job.setdefault("properties", {})


def tell(job: dict[str, Any], name: str, said: Mapping[str, str]) -> None:
    """Let the job know a dataset under a name."""
    variables = _properties(job).get("environmentVariables") or {}
    known = json.loads(variables.get(VARIABLE) or "{}")
    known[name] = dict(said)
    set_variable(job, VARIABLE, json.dumps(known))


def datasets_of_job(environ: Mapping[str, str], workspace: Workspace) -> Mapping[str, Any]:
    """What a job was given by name: a dataset where it was given directly, else the path where its files are."""
    from azureml.core.dataset import Dataset

    found: dict[str, Any] = {}
    for name, said in json.loads(environ.get(VARIABLE) or "{}").items():
        if "variable" in said:
            found[name] = environ.get(said["variable"], "")
        else:
            found[name] = Dataset.get_by_id(workspace, said.get("id") or said["path"])
    return found
