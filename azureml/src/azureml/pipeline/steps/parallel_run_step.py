"""Steps that run a script on a large input, batch by batch, in several processes at once."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Sequence

from azureml._lazuli import snapshot
from azureml.data import _definition, _inputs
from azureml.data._reading import of_path
from azureml.data.abstract_dataset import AbstractDataset
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.data.file_dataset import FileDataset
from azureml.data.tabular_dataset import TabularDataset
from azureml.exceptions import UserErrorException
from azureml.pipeline.core._plan import StepJob
from azureml.pipeline.core.builder import PipelineStep, bound
from azureml.pipeline.core.graph import PipelineParameter
from azureml.pipeline.steps.parallel_run_config import ParallelRunConfig

if TYPE_CHECKING:
    from azureml.pipeline.core._plan import Plan

__all__ = ["ParallelRunConfig", "ParallelRunStep"]

_SIZED = {
    "mini_batch_size": "mini_batch_size",
    "error_threshold": "error_threshold",
    "allowed_failed_count": "mini_batch_error_threshold",
    "process_count_per_node": "max_concurrency_per_instance",
    "logging_level": "logging_level",
}
"""Settings of a :class:`ParallelRunConfig` and the words that a node has for them."""


class ParallelRunStep(PipelineStep):
    """A script that is given a large input in small batches, as a :class:`ParallelRunConfig` says.

    ``inputs`` holds the dataset, or the output of another step, that is cut into batches. ``side_inputs`` are what
    every process reads as well, and ``output`` is where what is returned is put. The processes are given
    ``arguments``. With ``allow_reuse`` the step is not run where an earlier one did the same work on the same inputs.
    Raises ValueError for no input or several.
    """

    def __init__(
        self,
        name: str,
        parallel_run_config: ParallelRunConfig,
        inputs: Sequence[Any],
        output: Any = None,
        side_inputs: Iterable[Any] | None = None,
        arguments: Sequence[Any] | None = None,
        allow_reuse: bool = True,
    ) -> None:
        super().__init__(name, inputs, [] if output is None else [output], arguments)
        if not isinstance(parallel_run_config, ParallelRunConfig):
            raise ValueError("parallel_run_config is no ParallelRunConfig.")
        if len(self._inputs) != 1:
            raise ValueError(
                f"inputs holds {len(self._inputs)}: one is cut into batches. Give one dataset of several paths, and "
                "name what else is read in side_inputs."
            )
        if parallel_run_config.output_action == "append_row" and output is None:
            raise ValueError("output_action is 'append_row', which needs an output to append to.")
        self._config = parallel_run_config
        self._output: Any = output
        self._side_inputs = list(side_inputs or ())
        self._allow_reuse = allow_reuse

    def _as_node(self, plan: Plan) -> dict[str, Any]:
        job, config = StepJob(plan, self), self._config
        for each in self._outputs:
            job.write(each)
        cut = self._bind_cut(job)
        for each in self._side_inputs:
            bound(each)._bind(job)
        words = [*self._flags(), *(_word(each, job) for each in self._arguments or ())]
        self._settle(job, plan)
        task = {
            "type": "run_function",
            "code": job["codeId"],
            "entry_script": config.entry_script,
            "environment": job["environmentId"],
            "program_arguments": " ".join(words) or None,
            "append_row_to": self._rows(job) if config.output_action == "append_row" else None,
        }
        node: dict[str, Any] = {
            **job.node(),
            "type": "parallel",
            "description": config.description,
            "task": {word: value for word, value in task.items() if value is not None},
            "input_data": f"${{{{inputs.{cut}}}}}",
            "resources": {"instance_count": _said(config.node_count, plan)},
            "retry_settings": {
                "max_retries": config.run_max_try - 1,
                "timeout": _said(config.run_invocation_timeout, plan),
            },
            "partition_keys": config.partition_keys,
        }
        for word, theirs in _SIZED.items():
            node[theirs] = _said(getattr(config, word), plan)
        if node["mini_batch_size"] is not None:
            node["mini_batch_size"] = str(node["mini_batch_size"])
        if job.get(_inputs.BEFORE) or node["_command"]:
            raise UserErrorException(
                f"The step '{self.name}' has no command of its own to bring something to a path or leave a table: "
                "leave path_on_compute out, and register tables in another step.",
                target=self.name,
            )
        for word in ("_command", "codeId", "environmentId"):
            node.pop(word, None)
        return {word: value for word, value in node.items() if value is not None}

    def _bind_cut(self, job: StepJob) -> str:
        """Bind what is cut into batches; the name of the input that it is."""
        thing = bound(self._inputs[0])
        if isinstance(thing, TabularDataset):
            thing = DatasetConsumptionConfig("input", thing)
        if getattr(thing, "_steps", None) or getattr(getattr(thing, "dataset", None), "_steps", None):
            raise UserErrorException(
                f"The step '{self.name}' is given what another step writes as a table, and the server cuts that into "
                "files only. Give the files as they are, and read them in run().",
                target="inputs",
            )
        if isinstance(thing, DatasetConsumptionConfig):
            thing = self._files_or_table(thing, job)
        before = set(job["inputs"])
        thing._bind(job)
        return next(name for name in job["inputs"] if name not in before)

    def _files_or_table(self, given: DatasetConsumptionConfig, job: StepJob) -> DatasetConsumptionConfig:
        """A dataset in the form in which it is cut: a table, or files; by keys in folders that are named after them."""
        given, dataset, keys = copy.copy(given), given.dataset, self._config.partition_keys
        if given.mode == "direct" and not _is_table(dataset):
            given.mode = "mount"
        if isinstance(dataset, AbstractDataset):
            workspace = dataset._workspace or job.plan.workspace
            _inputs.set_variable(job, _inputs.CUT, dataset.id or _definition.saved(dataset._definition, workspace))
            if keys and isinstance(dataset, FileDataset) and dataset.partition_keys:
                folder = _definition.copied(_by_keys(dataset, keys), workspace)
                given.dataset = FileDataset._of(_definition.Definition(({"folder": folder},)), workspace)
        return given

    def _settle(self, job: StepJob, plan: Plan) -> None:
        """Say in a step's job with which code, where and in which environment it runs."""
        from azureml.core.script_run_config import _compute_id

        config = self._config
        folder = Path(config.source_directory or plan.source_directory or ".").expanduser()
        if not (folder / config.entry_script).is_file():
            raise UserErrorException(
                f"There is no script '{config.entry_script}' in '{folder}'.", target="entry_script"
            )
        target = config.compute_target
        target = target if isinstance(target, str) else target.name
        is_local = target == "local"
        variables = {**config.environment._variables(), **config.environment_variables}
        job["command"] = ""
        job["codeId"] = plan.workspace._storage.upload_code(snapshot.of_code(folder))
        job["environmentId"] = config.environment._reference(plan.workspace, is_local)
        job["computeId"] = "local" if is_local else _compute_id(plan.workspace, target)
        for word, value in variables.items():
            _inputs.set_variable(job, word, str(value))

    def _rows(self, job: StepJob) -> str:
        """The file of the output to which rows are appended."""
        written = getattr(self._output, "_write", self._output._bind)(job)
        return f"{written}/{self._config.append_row_file_name}"

    def _flags(self) -> list[str]:
        share = self._config.allowed_failed_percent
        return [] if share is None else ["--allowed_failed_percent", str(share)]


def _said(value: Any, plan: Plan) -> Any:
    """A setting, or the binding of the parameter that it is."""
    return plan.parameter(value) if isinstance(value, PipelineParameter) else value


def _by_keys(dataset: FileDataset, keys: Sequence[str]) -> Iterator[_definition.File]:
    """The files of a dataset, each in a folder that tells its keys: ``user=ann/season=fall``."""
    missing = [key for key in keys if key not in dataset.partition_keys]
    if missing:
        known = ", ".join(dataset.partition_keys)
        raise UserErrorException(f"The paths tell no '{missing[0]}'. They tell: {known}.", target="partition_keys")
    for file in dataset._files():
        told = {key: value for text in dataset._formats() for key, value in of_path(text, file.place).items()}
        yield file._replace(relative="/".join([*(f"{key}={told[key]}" for key in keys), file.relative]))


def _is_table(dataset: Any) -> bool:
    return isinstance(dataset.default_value if isinstance(dataset, PipelineParameter) else dataset, TabularDataset)


def _word(argument: Any, job: StepJob) -> str:
    """One argument of the script. What could be taken for several, or for a binding, is handed on as a value."""
    if isinstance(argument, PipelineParameter):
        return f"${{{{inputs.{job.parameter(argument)}}}}}"
    thing = bound(argument)
    text = str(thing._bind(job)) if hasattr(thing, "_bind") else str(argument)
    is_binding = hasattr(thing, "_bind") and "${{" in text
    if is_binding or re.fullmatch(r"[^\s\"'$\[\]]+", text):
        return text
    return _inputs.add(job, "inputs", "argument", {"jobInputType": "literal", "value": text})
