"""Pipelines that a YAML file says: parameters, references to data, and steps of scripts joined by names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.pipeline.core.builder import PipelineStep

_OF_STEPS = frozenset(
    (
        *("type", "name", "script_name", "source_directory", "runconfig", "compute", "allow_reuse"),
        *("arguments", "inputs", "outputs", "parameters"),
    )
)
_OF_PIPELINES = frozenset(("name", "description", "parameters", "data_references", "default_compute", "steps"))
_ARGUMENTS = ("input", "output", "parameter")


def load(workspace: Workspace, filename: str | os.PathLike[str]) -> dict[str, Any]:
    """What a file says of a pipeline. Raises :class:`UserErrorException` with the word that is wrong."""
    import yaml

    file = Path(filename)
    said = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("pipeline")
    if not isinstance(said, Mapping):
        raise UserErrorException(f"'{filename}' says no 'pipeline:'.", target="filename")
    _check(said, _OF_PIPELINES, "pipeline")
    reading = _Reading(workspace, file.parent, said)
    return {"steps": reading.steps(), "description": said.get("description") or said.get("name")}


class _Reading:
    """One file, and what its names stand for."""

    def __init__(self, workspace: Workspace, folder: Path, said: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._folder = folder
        self._said = said
        self._sources = {name: self._reference(name, each) for name, each in _items(said, "data_references")}
        self._parameters = {name: self._parameter(name, each) for name, each in _items(said, "parameters")}

    def steps(self) -> list[PipelineStep]:
        """The steps, in whatever order they are said."""
        steps = _items(self._said, "steps")
        for key, step in steps:
            _check(step, _OF_STEPS, f"steps.{key}")
            for _, output in _items(step, "outputs"):
                self._sources[output["destination"]] = self._output(output)
        return [self._step(key, step) for key, step in steps]

    def _step(self, key: str, said: Mapping[str, Any]) -> PipelineStep:
        from azureml.core.runconfig import RunConfiguration
        from azureml.pipeline.steps import PythonScriptStep

        if said.get("type") != "PythonScriptStep":
            raise UserErrorException(
                f"steps.{key}.type is '{said.get('type')}'; in a file it is PythonScriptStep. Make others in Python.",
                target="type",
            )
        ports = {
            "input": {name: self._input(name, each) for name, each in _items(said, "inputs")},
            "output": {name: self._source(each["destination"]) for name, each in _items(said, "outputs")},
            "parameter": {name: self._value(each) for name, each in _items(said, "parameters")},
        }
        runconfig = said.get("runconfig")
        return PythonScriptStep(
            script_name=said["script_name"],
            name=said.get("name") or key,
            arguments=[_argument(each, ports) for each in said.get("arguments") or ()],
            compute_target=said.get("compute") or self._said.get("default_compute"),
            runconfig=RunConfiguration.load(self._folder / runconfig) if runconfig else None,
            inputs=list(ports["input"].values()),
            outputs=list(ports["output"].values()),
            params=ports["parameter"],
            source_directory=str(self._folder / said.get("source_directory", ".")),
            allow_reuse=said.get("allow_reuse", True),
        )

    def _input(self, name: str, said: Mapping[str, Any]) -> Any:
        source = self._source(said["source"])
        if hasattr(source, "as_input"):
            return source.as_input(name)
        if hasattr(source, "as_named_input"):
            named = source.as_named_input(name)
            return named if said.get("bind_mode", "direct") == "direct" else named._as(said["bind_mode"], None)
        return source.path(None, name)._as(said.get("bind_mode", "mount"), said.get("path_on_compute"), False)

    def _output(self, said: Mapping[str, Any]) -> Any:
        from azureml.pipeline.core.builder import PipelineData

        mode = said.get("bind_mode", "mount")
        return PipelineData(said["destination"], self._store(said), output_mode=mode)

    def _source(self, name: str) -> Any:
        if name not in self._sources:
            known = ", ".join(sorted(self._sources)) or "none"
            raise UserErrorException(f"'{name}' is no data reference and no output of a step; there are: {known}.")
        return self._sources[name]

    def _value(self, said: Any) -> Any:
        return self._parameters[said["source"]] if isinstance(said, Mapping) else said

    def _reference(self, name: str, said: Mapping[str, Any]) -> Any:
        from azureml.core.dataset import Dataset
        from azureml.data.data_reference import DataReference

        if "dataset_name" in said:
            return Dataset.get_by_name(self._workspace, said["dataset_name"], said.get("dataset_version", "latest"))
        return DataReference(self._store(said), name, said.get("path_on_datastore"))

    def _parameter(self, name: str, said: Mapping[str, Any]) -> Any:
        from azureml.data.datapath import DataPath
        from azureml.pipeline.core.graph import PipelineParameter

        default = said["default"]
        if said.get("type") == "datapath":
            default = DataPath(self._store(default), default.get("path_on_datastore"))
        return PipelineParameter(name, default)

    def _store(self, said: Mapping[str, Any]) -> Any:
        from azureml.core.datastore import Datastore

        name = said.get("datastore")
        return Datastore.get(self._workspace, name) if name else Datastore.get_default(self._workspace)


def _items(said: Mapping[str, Any], word: str) -> list[tuple[str, Any]]:
    return list((said.get(word) or {}).items())


def _argument(said: Any, ports: Mapping[str, Mapping[str, Any]]) -> Any:
    """An argument: a text, or ``input:NAME``, ``output:NAME``, ``parameter:NAME``, also written as a mapping."""
    pair = next(iter(said.items())) if isinstance(said, Mapping) else str(said).partition(":")[::2]
    if pair[0] not in _ARGUMENTS:
        return said
    kind, name = pair[0], str(pair[1]).strip()
    if name not in ports[kind]:
        raise UserErrorException(f"An argument names the {kind} '{name}', which the step does not have.")
    return ports[kind][name]


def _check(said: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(said.keys() - known)
    if unknown:
        raise UserErrorException(f"'{unknown[0]}' of {where} is not known; known are: {', '.join(sorted(known))}.")
