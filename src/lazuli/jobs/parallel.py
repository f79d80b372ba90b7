"""Parallel steps as jobs: a command that runs a driver, which hands batches of an input to processes of a script.

A parallel step is a command job like any other, and its record says beside it how the work is shared
(``state["parallel"]``). The planner lays the driver and its settings into the work folder. A step that takes several
nodes holds them all; their processes are the driver's, on this one machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import lazuli
from lazuli.assets.mltable import FILE, LARGEST, check_table
from lazuli.compute.engine import Stage, StageKind
from lazuli.resources.distribution import MOST_PROCESSES
from lazuli.resources.inout import AssetType, Input, Mode, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.parallel import ParallelSettings, ParallelTask, TaskType
from lazuli.schema import bindings
from lazuli.schema.problems import InvalidInput, did_you_mean
from lazuli.schema.yaml import plain
from lazuli.store.documents import Record

__all__ = ["MODEL", "PARALLEL", "alone", "check_step", "driver_files", "merged", "parallel_job"]

PARALLEL = "parallel"
"""Where the state of a record says how its work is shared; no other job has it."""
ROWS = "parallel_run_step.txt"
"""What the file of rows is called in an output that is a folder."""
MODEL = "azureml_model"
"""The input that holds the model which a task names. It lies there below the last name of its path, as on Azure."""
_FOLDER = "parallel"
_PACKAGE = "lazuli_parallel"
_INSIDE = Path(lazuli.__file__).parent / "runtime" / "inside"
_OF_MODELS = ("lazuli_score/__init__.py", "lazuli_score/mlflow_model.py", "lazuli_score/trouble.py")
"""What the driver takes along to ask a model without a script."""
_COMMAND = (
    f'python -u "$LAZULI_WORK_FOLDER/{_FOLDER}/{_PACKAGE}/__main__.py" "$LAZULI_WORK_FOLDER/{_FOLDER}/settings.json"'
)
_BINDING = re.compile(r"\s*\$\{\{\s*(inputs|outputs)\.([\w.-]+)\s*\}\}\s*")
_WORD = re.compile(r"""(?:\$\{\{.*?\}\}|"[^"]*"|'[^']*'|\S)+""")
_SIZE = re.compile(r"\s*(\d*[1-9]\d*)\s*([kKmMgG]?[bB]?)\s*")
_Values = Callable[[bindings.Binding], str | None]


def merged(component: ParallelSettings, step: ParallelSettings) -> ParallelSettings:
    """What a component says, and over it what the step that uses it says."""
    said = {name: getattr(step, name) for name in ParallelSettings.model_fields if name in step.model_fields_set}
    given = {name: value for name, value in said.items() if value is not None}
    variables = {**component.environment_variables, **step.environment_variables}
    of_component = {name: getattr(component, name) for name in ParallelSettings.model_fields}
    return ParallelSettings.model_construct(**{**of_component, **given, "environment_variables": variables})


def check_step(step: ParallelSettings, inputs: Collection[str], outputs: Collection[str]) -> None:
    """Raise :class:`InvalidInput` for a step that could not run, whatever is given to these inputs.

    What is still bound to something is left out.
    """
    task = step.task or ParallelTask()
    if not task.entry_script and task.type is not TaskType.MODEL:
        raise _wrong(
            "task.entry_script", "A parallel step needs 'task.entry_script'.", "Name the script in 'task.code'."
        )
    if not task.entry_script and not task.model:
        raise _wrong("task.model", "A step of 'type: model' needs 'task.model'.", "Write 'azureml:name:version'.")
    known = {"inputs": set(inputs), "outputs": set(outputs)}
    for word in ("program_arguments", "append_row_to"):
        bindings.check(getattr(task, word) or "", known, target=f"task.{word}")
    _check_input(step.input_data, inputs)
    _check_model(task.model, inputs)
    _check_numbers(step)
    if step.mini_batch_size and not any(bindings.bindings_in(step.mini_batch_size)):
        _size(step.mini_batch_size)


def parallel_job(
    step: ParallelSettings, inputs: Mapping[str, Input], outputs: Mapping[str, Output], **said: Any
) -> tuple[CommandJob, dict[str, Any]]:
    """The job of a parallel step, and what the state of its record says beside the facts of every job.

    ``step`` is settled: its numbers are numbers. ``said`` are further fields of the job. Raises :class:`InvalidInput`
    for what could not run.
    """
    task = step.task or ParallelTask()
    # An optional input that was given none is not there, and takes its block along.
    arguments = bindings.settle(task.program_arguments or "", lambda b: None if _is_missing(b, inputs) else b.name)
    task = task.model_copy(update={"program_arguments": arguments or None})
    step = step.model_copy(update={"task": task})
    check_step(step, inputs, outputs)
    inputs = dict(inputs)
    name = _named(step.input_data)
    given = inputs[name]
    if given.type is AssetType.LITERAL:
        raise _wrong(
            "input_data",
            f"'input_data' names the input '{name}', which is a value and no files.",
            "Give it a type: uri_folder, uri_file or mltable.",
        )
    if given.mode is Mode.DIRECT:  # whose address the driver could not read
        inputs[name] = given.model_copy(update={"mode": None})
    model = _named(task.model) if task.model else None
    if task.model and not model:
        model = MODEL
        inputs[model] = Input.load({"type": AssetType.CUSTOM_MODEL, "path": task.model})
    work = {
        "command": _COMMAND,
        "code": task.code,
        "environment": task.environment,
        "environment_variables": step.environment_variables,
        "inputs": inputs,
        "outputs": dict(outputs),
    }
    job = CommandJob.load({**said, **work})
    keys = step.partition_keys or None
    told = {
        "entry_script": task.entry_script,
        "program_arguments": task.program_arguments,
        "append_row_to": task.append_row_to,
        "input": name,
        "model": model,
        "mini_batch_size": _size(step.mini_batch_size, given) if step.mini_batch_size and not keys else None,
        "partition_keys": keys,
        "logging_level": step.logging_level.value if step.logging_level else None,
        **{word: value for word, (_, value) in _said_numbers(step).items()},
    }
    _check_processes(job, told["concurrency"] or 1)
    return job, {PARALLEL: {word: value for word, value in told.items() if value is not None}}


def alone(record: Record, job: CommandJob) -> CommandJob:
    """The job as its processes are counted: a parallel step has one, its driver, however many nodes it holds."""
    if PARALLEL not in record.state or job.resources is None:
        return job
    return job.model_copy(update={"resources": job.resources.model_copy(update={"instance_count": 1})})


def driver_files(
    record: Record, job: CommandJob, staged: Sequence[Stage], values: Mapping[str, str]
) -> Iterable[Stage]:
    """What a parallel step needs in its work folder beside what every job does; nothing for other jobs.

    ``values`` are the paths and literals of its inputs and outputs, ``staged`` is how these are laid out.
    """
    told: Mapping[str, Any] | None = record.state.get(PARALLEL)
    if told is None:
        return
    for name, text in _program().items():
        if told.get("entry_script") is None or name not in _OF_MODELS:
            yield Stage(StageKind.TEXT, f"{_FOLDER}/{name}", content=text)

    def value_of(binding: bindings.Binding) -> str | None:
        return values.get(f"{binding.group}.{binding.name}")

    name = told["input"]
    path = values[f"inputs.{name}"]
    rows = _rows_file(told, job, value_of)
    settings = {
        "entry_script": told.get("entry_script"),
        "arguments": _arguments(told.get("program_arguments", ""), value_of),
        "input": path,
        "table": _table(name, path, staged) if job.inputs[name].type is AssetType.MLTABLE else None,
        "mini_batch_size": told.get("mini_batch_size"),
        "partition_keys": told.get("partition_keys"),
        **{word: told.get(word, default) for word, (default, _) in _NUMBERS.items()},
        "nodes": job.resources.instance_count if job.resources else 1,
        "concurrency": told.get("concurrency"),
        "logging_level": told.get("logging_level", "INFO"),
        "append_row_to": rows,
        "variables": _variables(told, job, values, rows),
    }
    yield Stage(StageKind.TEXT, f"{_FOLDER}/settings.json", content=json.dumps(settings, default=str))  # YAML has dates


@cache
def _program() -> Mapping[str, str]:
    own = (f"{_PACKAGE}/{file.name}" for file in sorted((_INSIDE / _PACKAGE).glob("*.py")))
    return {name: (_INSIDE / name).read_text(encoding="utf-8") for name in (*own, *_OF_MODELS)}


# --- what is said ----------------------------------------------------------------------------------------------


def _wrong(target: str, message: str, mend: str) -> InvalidInput:
    return InvalidInput(message, target=target, mend=mend)


def _is_missing(binding: bindings.Binding, inputs: Mapping[str, Input]) -> bool:
    return binding.group == "inputs" and binding.name not in inputs


def _named(text: str | None) -> str:
    """The name of the input that a text is bound to; '' where it is none."""
    match = _BINDING.fullmatch(text or "")
    return match[2] if match and match[1] == "inputs" else ""


def _check_input(said: str | None, inputs: Collection[str]) -> None:
    name = _named(said)
    if not name:
        raise _wrong(
            "input_data",
            f"A parallel step needs 'input_data', the input that is cut into batches; it is '{said or ''}'.",
            "Write 'input_data: ${{inputs.x}}', with one of the step's inputs for x.",
        )
    if name not in inputs:
        mend = did_you_mean(name, sorted(inputs)) or f"Add '{name}' to 'inputs'."
        raise _wrong("input_data", f"'input_data' names the input '{name}', which the step does not have.", mend)


def _check_model(said: Any, inputs: Collection[str]) -> None:
    is_bound = isinstance(said, str) and any(bindings.bindings_in(said))
    if said and (not isinstance(said, str) or (is_bound and _named(said) not in inputs)):
        raise _wrong("task.model", "'task.model' is no model.", "Write 'azureml:name:version', or '${{inputs.x}}'.")


_NUMBERS = {
    "error_threshold": (-1, -1),
    "mini_batch_error_threshold": (-1, -1),
    "max_retries": (2, 0),
    "timeout": (60, 1),
}
"""What each is where nothing is said, and the least it may be."""


def _said_numbers(step: ParallelSettings) -> dict[str, tuple[str, int | str | None]]:
    """The numbers of a step under the driver's names, each with the field that says it."""
    retry = step.retry_settings
    return {
        "error_threshold": ("error_threshold", step.error_threshold),
        "mini_batch_error_threshold": ("mini_batch_error_threshold", step.mini_batch_error_threshold),
        "max_retries": ("retry_settings.max_retries", retry.max_retries if retry else None),
        "timeout": ("retry_settings.timeout", retry.timeout if retry else None),
        "concurrency": ("max_concurrency_per_instance", step.max_concurrency_per_instance),
    }


def _check_numbers(step: ParallelSettings) -> None:
    for word, (target, value) in _said_numbers(step).items():
        least = _NUMBERS[word][1] if word in _NUMBERS else 1
        if isinstance(value, int) and value < least:
            raise _wrong(target, f"'{target}' is {value}.", f"It is a whole number, {least} or more.")


def _check_processes(job: CommandJob, concurrency: int) -> None:
    total = concurrency * (job.resources.instance_count if job.resources else 1)
    if total > MOST_PROCESSES:
        raise _wrong(
            "max_concurrency_per_instance",
            f"The step asks for {total} processes; {MOST_PROCESSES} are the most.",
            "Ask for fewer processes or fewer nodes.",
        )


def _size(said: str, given: Input | None = None) -> str:
    """How large a batch is, as it was said. Raises :class:`InvalidInput` for what is no size, or none of the input."""
    match = _SIZE.fullmatch(said)
    if match is None:
        raise _wrong(
            "mini_batch_size", f"'mini_batch_size' is '{said}'.", "Write how many files ('10'), or a size ('10kb')."
        )
    if given and match[2] and given.type is not AssetType.MLTABLE:
        raise _wrong(
            "mini_batch_size",
            f"'mini_batch_size' is '{said}', and the input that is cut is '{given.type.value}': files are counted.",
            "Write how many files a batch has ('10'), or give the input the type mltable.",
        )
    return said


# --- what it is told when it starts ----------------------------------------------------------------------------


def _arguments(template: str, value_of: _Values) -> list[str]:
    """The arguments of a script. A value is one argument, whatever is in it; quotes are kept, as on Azure."""
    words = _WORD.findall(template)
    return [bindings.render(word, value_of) for word in words]


def _rows_file(told: Mapping[str, Any], job: CommandJob, value_of: _Values) -> str | None:
    """The file that returned rows are appended to."""
    template = told.get("append_row_to")
    if not template:
        return None
    path = bindings.render(template.strip(), value_of)
    match = _BINDING.fullmatch(template)
    is_folder = match and job.outputs[match[2]].type is not AssetType.URI_FILE
    return f"{path}/{ROWS}" if is_folder else path


def _variables(told: Mapping[str, Any], job: CommandJob, values: Mapping[str, str], rows: str | None) -> dict[str, str]:
    """Where the script finds its model and may write, in the words of scripts for batch endpoints."""
    found: dict[str, str] = {}
    if rows:
        found["AZUREML_BI_OUTPUT_PATH"] = str(Path(rows).parent)
    elif job.outputs:
        name, output = next(iter(job.outputs.items()))
        path = values[f"outputs.{name}"]
        found["AZUREML_BI_OUTPUT_PATH"] = str(Path(path).parent) if output.type is AssetType.URI_FILE else path
    if model := told.get("model"):
        path = values[f"inputs.{model}"]
        found["AZUREML_MODEL_DIR"] = str(Path(path).parent) if model == MODEL else path
    return found


def _table(name: str, path: str, staged: Sequence[Stage]) -> dict[str, Any]:
    """What the MLTable file of an input says. The environment of the step may have nothing that reads YAML."""
    folder = f"inputs/{name}"
    sources = [Path(stage.source) for stage in staged if stage.target == f"{folder}/{FILE}"]
    sources += [Path(stage.source) / FILE for stage in staged if stage.target == folder and stage.source]
    file = sources[0] if sources else Path(path) / FILE
    content = file.read_bytes() if file.is_file() and file.stat().st_size <= LARGEST else None
    try:
        check_table(content, lambda _: True)
        return plain(content or b"", aliases=False)
    except InvalidInput as problem:
        message, mend = problem.message, problem.mend
    except yaml.YAMLError:
        message, mend = f"Its file '{FILE}' has an alias.", "Write it out."
    raise _wrong(f"inputs.{name}", f"The input '{name}' is no table. {message}", mend)
