"""The job behind a run: what it ran, in which environment, with which data."""

from __future__ import annotations

import json
import os
import shlex
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml._lazuli.storage import Container
from azureml.data._inputs import VARIABLE
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.environment import Environment
    from azureml.core.run import Run
    from azureml.core.workspace import Workspace

_SNAPSHOT = "snapshot"
_MECHANISMS = {"ReadOnlyMount": "Mount", "Download": "Download"}


def described(workspace: Workspace, run_id: str, is_job: bool) -> dict[str, Any]:
    """What the details of a run say of what it runs; of a run that is no job, that there is nothing to say."""
    job = (_document(workspace, run_id) if is_job else None) or {}
    said: dict[str, Any] = {"inputDatasets": list(_datasets(job)), "outputDatasets": []}
    return {**said, "runDefinition": _definition(job)} if job else said


def environment(workspace: Workspace, run_id: str) -> Environment:
    """The environment of a run's job."""
    from azureml.core.environment import Environment

    id = (_document(workspace, run_id) or {}).get("environmentId")
    if not id:
        raise UserErrorException(f"The run '{run_id}' has no environment of its own: it is no job that runs a command.")
    return Environment._of(workspace._server.call("GET", id))


def code(workspace: Workspace, run_id: str) -> str:
    """The id of the code of a run's job."""
    id = (_document(workspace, run_id) or {}).get("codeId")
    if not id:
        raise UserErrorException(f"The run '{run_id}' was not submitted with a folder of code.")
    return str(id)


def restore(run: Run, snapshot_id: str | None, path: str | None) -> str:
    """Write a run's code as a ZIP; where it lies."""
    target = Path(path or ".")
    target = target if target.suffix == ".zip" else target / f"{run.id}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(str(target), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _code_files(run, snapshot_id):
            archive.writestr(name, content)
    return str(target)


def send_outputs(run: Run, path: str) -> None:
    """Send what this very job has written to its outputs at a path, and is not kept yet: the rest goes when it ends."""
    if os.environ.get("AZUREML_RUN_ID") != run.id or not path.startswith("outputs"):
        return
    local = Path(path)
    files = [local] if local.is_file() else sorted(each for each in local.rglob("*") if each.is_file())
    kept = set(run.get_file_names()) if files else set()
    for file in files:
        if file.as_posix() not in kept:
            run.upload_file(file.as_posix(), file)


def _code_files(run: Run, snapshot_id: str | None) -> Iterator[tuple[str, bytes]]:
    prefix = f"{_SNAPSHOT}/"
    own = [] if snapshot_id else [name for name in run.get_file_names() if name.startswith(prefix)]
    for name in own:
        yield name[len(prefix) :], run._record.read(name)
    if own:
        return
    workspace = run.experiment.workspace
    uri = workspace._server.call("GET", snapshot_id or code(workspace, run.id))["properties"]["codeUri"]
    container = Container(workspace._server, uri, "")
    for entry in container.names():
        yield entry.name, container.read(entry.name)


def _document(workspace: Workspace, run_id: str) -> dict[str, Any] | None:
    return (workspace._found(f"jobs/{run_id}") or {}).get("properties")


def _definition(job: Mapping[str, Any]) -> dict[str, Any]:
    """What runs, in the words of a run configuration."""
    command = str(job.get("command") or "")
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that only the shell that runs it can close
        words = []
    is_script = len(words) > 1 and Path(words[0]).name.startswith("python") and not words[1].startswith("-")
    name, _, version = str(job.get("environmentId") or "").rpartition("/environments/")[2].partition("/versions/")
    variables = {word: value for word, value in (job.get("environmentVariables") or {}).items() if word != VARIABLE}
    return {
        "script": words[1] if is_script else None,
        "arguments": words[2:] if is_script else [],
        "command": command,
        "target": str(job.get("computeId") or "local").rpartition("/")[2],
        "nodeCount": (job.get("resources") or {}).get("instanceCount") or 1,
        "environment": {"name": name, "version": version, "environmentVariables": variables},
    }


def _datasets(job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The datasets that a job was given, each with how it got it."""
    inputs = job.get("inputs") or {}
    for name, said in json.loads((job.get("environmentVariables") or {}).get(VARIABLE) or "{}").items():
        given = inputs.get(name) or {}
        yield {
            "dataset": {"id": said.get("id") or said.get("path") or given.get("uri")},
            "consumptionDetails": {
                "type": "RunInput",
                "inputName": name,
                "mechanism": _MECHANISMS.get(given.get("mode", ""), "Direct"),
            },
        }
