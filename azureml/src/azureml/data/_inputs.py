"""Datasets on their way into jobs, and what a job finds of them."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

VARIABLE = "LAZULI_INPUT_DATASETS"
"""Names the datasets of a job: ``{"name": {"id": …}}``, ``{"path": …}``, or ``{"variable": …}`` for a path there.

With ``"steps"`` beside it, what lies at that path is read as a table. ``{"address": …}`` names the variable with the
address of a dataset.
"""


BEFORE = "_before"
"""Where a job that is being made keeps what runs before its command; no word of the server's."""


CUT = "LAZULI_CUT_DATASET"
"""Names the dataset that a step cuts into batches."""


class Written:
    """What a step of a pipeline writes, whatever copies of an output say how. The step makes itself known here."""

    step: Any = None


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


def leave(job: dict[str, Any], binding: str, name: str, content: str) -> None:
    """Let the job write a small file into the folder that an output is, before its own command begins."""
    variable = "LAZULI_LEAVES_" + re.sub(r"\W+", "_", binding).strip("_")
    set_variable(job, variable, content)
    _begin(job, f"printf '%s' \"${variable}\" > {binding}/{name}")


def link(job: dict[str, Any], binding: str, path: str | None) -> str:
    """Let the job see an input or output at a path in the folder that it works in as well; the binding.

    An absolute path is left out: it would be the same one for every job of the machine.
    """
    if path and is_below(path):
        here = shlex.quote(path.rstrip("/"))
        parent = shlex.quote(str(Path(path).parent))
        _begin(job, f"mkdir -p {parent} && {{ [ -e {here} ] || ln -s {binding} {here} || [ -e {here} ]; }}")
    return binding


def is_below(path: str | None) -> bool:
    """Whether a path is one in the folder that a job works in, so that no other job means the same place by it."""
    return bool(path) and not str(path).startswith(("/", "~")) and ".." not in str(path).split("/")


def _begin(job: dict[str, Any], words: str) -> None:
    before = _properties(job).setdefault(BEFORE, [])
    before += [] if words in before else [words]


def command(job: dict[str, Any], words: str) -> str:
    """The whole command of a job: what it leaves by itself, and then these words."""
    return " && ".join([*_properties(job).pop(BEFORE, ()), words])


def tell(job: dict[str, Any], name: str, said: Mapping[str, Any]) -> None:
    """Let the job know a dataset under a name."""
    variables = _properties(job).get("environmentVariables") or {}
    known = json.loads(variables.get(VARIABLE) or "{}")
    known[name] = dict(said)
    set_variable(job, VARIABLE, json.dumps(known))


def read(
    job: dict[str, Any],
    what: Any,
    name: str,
    mode: str,
    steps: Sequence[Mapping[str, Any]] = (),
    glob: str | None = None,
) -> str:
    """Let a step of a pipeline read what another writes, as files or as a table; the binding of its path."""
    reads = getattr(job, "read", None)
    if reads is None:
        raise UserErrorException(
            f"'{what.name}' is written by a step of a pipeline, so only another step can read it.", target=what.name
        )
    binding = reads(what, name, "download" if mode == "download" else "mount", name)
    tell(job, name, {"variable": name, **({"steps": [*steps], "glob": glob} if steps else {})})
    return str(binding)


def datasets_of_job(environ: Mapping[str, str], workspace: Workspace) -> Mapping[str, Any]:
    """What a job was given by name: a dataset where it was given directly, else the path where its files are."""
    from azureml.core.dataset import Dataset

    found: dict[str, Any] = {}
    for name, said in json.loads(environ.get(VARIABLE) or "{}").items():
        if "steps" in said:
            found[name] = _table_at(environ.get(said["variable"], ""), said, workspace)
        elif "address" in said:
            found[name] = _dataset_at(environ.get(said["address"], ""), workspace)
        elif "variable" in said:
            found[name] = environ.get(said["variable"], "")
        else:
            found[name] = Dataset.get_by_id(workspace, said.get("id") or said["path"])
    return found


def cut_by(keys: Mapping[str, Any]) -> Any:
    """The dataset that this step cuts into batches: the part with these values, which a batch is.

    Raises :class:`UserErrorException` where the step is given something else.
    """
    from azureml._lazuli import place
    from azureml.core.dataset import Dataset
    from azureml.core.workspace import Workspace

    if not os.environ.get(CUT):
        raise UserErrorException("The step is given no dataset: read the files or rows that run() is given.")
    dataset: Any = Dataset.get_by_id(Workspace(*place.scope_of_job(), _disable_service_check=True), os.environ[CUT])
    for key, value in keys.items():
        dataset = dataset.filter(dataset[key] == value)
    return dataset


def _table_at(path: str, said: Mapping[str, Any], workspace: Workspace) -> Any:
    from azureml.data._definition import Definition
    from azureml.data.tabular_dataset import TabularDataset

    where = {"folder": path} if Path(path).is_dir() else {"file": path}
    where = {"pattern": f"{path}/{said['glob']}"} if said.get("glob") else where
    return TabularDataset._of(Definition((where,), tuple(said["steps"])), workspace)


def _dataset_at(uri: str, workspace: Workspace) -> Any:
    from azureml.data import _definition, abstract_dataset
    from azureml.data.file_dataset import FileDataset

    if _definition.known(workspace, f"{uri.rstrip('/')}/MLTable") is not None:
        return abstract_dataset.loaded_from(workspace, uri)
    return FileDataset._of(_definition.Definition(({"folder": uri},)), workspace)
