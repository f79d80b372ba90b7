"""Parallel steps: a script that is given a large input in small batches, on several processes at once."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator

from lazuli.resources.job import EnvironmentChoice
from lazuli.schema.bindings import bindings_in
from lazuli.schema.document import Document, Text
from lazuli.schema.reference import CodeRef
from lazuli.schema.words import Word

__all__ = ["BoundInt", "LoggingLevel", "ParallelSettings", "ParallelTask", "RetrySettings", "as_in_yaml"]


def as_in_yaml(name: str) -> str:
    """REST carries the YAML of components and of a pipeline's steps as it is: their words have no other spelling."""
    return name


def _bound(value: Any) -> Any:
    if isinstance(value, str) and any(bindings_in(value)):
        return value
    if isinstance(value, bool):
        raise ValueError("a whole number is expected")
    return value


_BOUND = r"^\s*\$\{\{.+\}\}\s*$"
BoundInt = Annotated[
    int | Annotated[str, Field(pattern=_BOUND)],
    BeforeValidator(_bound),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": _BOUND}]}),
]
"""A whole number, or a binding to one: ``${{parent.inputs.nodes}}``."""


class LoggingLevel(Word):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class RetrySettings(Document):
    """What happens to a batch that fails."""

    model_config = ConfigDict(alias_generator=as_in_yaml)

    max_retries: BoundInt | None = None
    """How often it is tried again."""
    timeout: BoundInt | None = None
    """Seconds after which one try is given up."""


class TaskType(Word):
    """What a parallel step calls."""

    RUN_FUNCTION = "run_function"
    FUNCTION = "function"
    MODEL = "model"


class ParallelTask(Document):
    """The script of a parallel step."""

    model_config = ConfigDict(alias_generator=as_in_yaml)

    type: TaskType = TaskType.RUN_FUNCTION
    """`run_function`: the script has `init()` and `run(mini_batch)`."""
    code: CodeRef | None = None
    """The folder of the script."""
    entry_script: str | None = None
    """The script, relative to that folder."""
    program_arguments: str | None = None
    """Arguments of the script."""
    environment: EnvironmentChoice | None = None
    """The environment, by name or in place."""
    model: Any = None
    """A model that the script is given."""
    append_row_to: str | None = None
    """`${{outputs.x}}`: the output to which every row that is returned is appended."""


class ParallelSettings(Document):
    """How the work of a parallel step is shared."""

    task: ParallelTask | None = None
    """The script."""
    input_data: str | None = None
    """`${{inputs.x}}`: the input that is cut into batches."""
    mini_batch_size: Text | None = None
    """How large a batch is: so many files (`5`), or so much of a table (`10kb`, `1mb`)."""
    partition_keys: list[str] | None = None
    """Columns of a table: rows with the same values make a batch. Wins over `mini_batch_size`."""
    mini_batch_error_threshold: BoundInt | None = None
    """How many batches may fail; -1 for all."""
    error_threshold: BoundInt | None = None
    """How many items may fail; -1 for all."""
    max_concurrency_per_instance: BoundInt | None = None
    """How many processes a node has."""
    retry_settings: RetrySettings | None = None
    """What happens to a batch that fails."""
    logging_level: LoggingLevel | None = None
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    environment_variables: dict[str, Text] = Field(default_factory=dict)
    """Variables for the processes."""

    @field_validator("mini_batch_size", mode="before")
    @classmethod
    def _size(cls, value: Any) -> Any:
        """Nothing where it is 0: so Microsoft's client spells that nothing was said."""
        return None if value in (0, "0") else value

    @field_validator("partition_keys", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        """A list, or JSON of one as Microsoft's client sends it; twice over, where it sends what it was told."""
        for _ in range(2):
            if isinstance(value, str):
                with suppress(json.JSONDecodeError):
                    value = json.loads(value)
        return value
