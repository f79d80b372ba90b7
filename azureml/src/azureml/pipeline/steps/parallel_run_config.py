"""How a script is run on a large input, batch by batch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml.core.environment import Environment
from azureml.exceptions import UserErrorException
from azureml.pipeline.core.graph import PipelineParameter

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

__all__ = ["ParallelRunConfig"]

_ACTIONS = ("append_row", "summary_only")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_ROWS = "parallel_run_step.txt"
_UNDER = "parallel_run_config"


class ParallelRunConfig:
    """The script of a :class:`ParallelRunStep`, with its environment and how its work is shared.

    The ``entry_script``, a path in ``source_directory``, has ``init()``, which each process calls once, and
    ``run(mini_batch)``, which returns a list or a DataFrame with an item for each that went well. ``mini_batch`` is a
    list of paths of files, or the rows of a table as a DataFrame.

    - ``mini_batch_size``: how many files a batch has (1 where nothing is said), or how large a part of a table ("10KB",
      "1MB" where nothing is said). With ``partition_keys``, rows or files of the same values make a batch instead.
    - ``output_action``: "append_row" puts what is returned into the file ``append_row_file_name`` of the step's output,
      "summary_only" leaves writing to the script.
    - ``error_threshold``: how many items may fail; ``allowed_failed_count`` and ``allowed_failed_percent``: how many
      batches. -1 is any number.
    - ``node_count`` and ``process_count_per_node``: how many processes there are; as many as cores where not said.
    - ``run_invocation_timeout``: the seconds that one call may take; ``run_max_try``: how often a batch is tried.
    - ``environment_variables``: variables of the processes. ``description``: what the step is for.

    ``mini_batch_size``, ``node_count``, ``process_count_per_node``, ``run_invocation_timeout``, ``error_threshold`` and
    ``allowed_failed_count`` may be a :class:`PipelineParameter`. Raises ValueError for values that are none.
    """

    def __init__(
        self,
        environment: Environment,
        entry_script: str,
        error_threshold: int | PipelineParameter,
        output_action: str,
        compute_target: Any,
        node_count: int | PipelineParameter,
        process_count_per_node: int | PipelineParameter | None = None,
        mini_batch_size: str | int | PipelineParameter | None = None,
        source_directory: str | None = None,
        description: str | None = None,
        logging_level: str = "INFO",
        run_invocation_timeout: int | PipelineParameter = 60,
        run_max_try: int = 3,
        append_row_file_name: str | None = None,
        allowed_failed_count: int | PipelineParameter | None = None,
        allowed_failed_percent: float | None = None,
        partition_keys: Sequence[str] | None = None,
        environment_variables: Mapping[str, str] | None = None,
    ) -> None:
        self.environment = environment
        self.entry_script = entry_script
        self.error_threshold = error_threshold
        self.output_action = output_action
        self.compute_target = compute_target
        self.node_count = node_count
        self.process_count_per_node = process_count_per_node
        self.mini_batch_size = mini_batch_size
        self.source_directory = source_directory
        self.description = description
        self.logging_level = logging_level
        self.run_invocation_timeout = run_invocation_timeout
        self.run_max_try = run_max_try
        self.append_row_file_name = append_row_file_name or _ROWS
        self.allowed_failed_count = allowed_failed_count
        self.allowed_failed_percent = allowed_failed_percent
        self.partition_keys = list(partition_keys) if partition_keys else None
        self.environment_variables = dict(environment_variables or {})
        self._check()

    @staticmethod
    def load_yaml(workspace: Workspace, path: str | os.PathLike[str]) -> ParallelRunConfig:
        """The settings that a YAML file says, in the words of the constructor.

        ``environment`` is a name in the workspace, "name:version", or what :meth:`save_to_yaml` writes;
        ``source_directory`` is relative to the file. Raises :class:`UserErrorException` for words that are none.
        """
        import yaml

        said = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        said = dict(said.get(_UNDER) or said)
        said["environment"] = _environment(workspace, said.get("environment"))
        if said.get("source_directory"):
            said["source_directory"] = str(Path(path).parent / said["source_directory"])
        try:
            return ParallelRunConfig(**said)
        except TypeError as wrong:
            raise UserErrorException(f"'{path}' is no ParallelRunConfig: {wrong}.", target="path") from None

    def save_to_yaml(self, path: str | os.PathLike[str]) -> None:
        """Write the settings into a YAML file; a parameter of a pipeline as the value that it has by default."""
        import yaml

        said = {word: _plain(value) for word, value in vars(self).items() if value not in (None, {})}
        target = said["compute_target"]
        said["compute_target"] = target if isinstance(target, str) else target.name
        said["environment"] = self.environment._to_dict()
        if self.source_directory:
            said["source_directory"] = str(Path(self.source_directory).absolute())
        Path(path).write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")

    def _check(self) -> None:
        if not isinstance(self.environment, Environment):
            raise ValueError("environment is no Environment: make one, or take Environment.get(workspace, name).")
        if self.output_action not in _ACTIONS:
            raise ValueError(f"output_action is '{self.output_action}': it is one of {', '.join(_ACTIONS)}.")
        if self.logging_level not in _LEVELS:
            raise ValueError(f"logging_level is '{self.logging_level}': it is one of {', '.join(_LEVELS)}.")
        if isinstance(self.run_max_try, PipelineParameter):
            raise ValueError("run_max_try is a PipelineParameter: give a number.")
        for word, least in (
            ("error_threshold", -1),
            ("allowed_failed_count", -1),
            ("node_count", 1),
            ("process_count_per_node", 1),
            ("run_invocation_timeout", 1),
            ("run_max_try", 1),
        ):
            value = getattr(self, word)
            if value is None or isinstance(value, PipelineParameter):
                continue
            try:
                number = int(value)
            except (TypeError, ValueError):
                number = least - 1
            if number < least:
                raise ValueError(f"{word} is '{value}': it is a whole number, {least} or more.")
            setattr(self, word, number)
        share = self.allowed_failed_percent
        if share is not None and not 0 <= float(share) <= 100:
            raise ValueError(f"allowed_failed_percent is {share}: it is between 0 and 100.")

    def __repr__(self) -> str:
        return f"ParallelRunConfig(entry_script={self.entry_script!r}, mini_batch_size={self.mini_batch_size!r})"


def _plain(value: Any) -> Any:
    return value.default_value if isinstance(value, PipelineParameter) else value


def _environment(workspace: Workspace, said: Any) -> Environment:
    if isinstance(said, str) and said:
        name, _, version = said.partition(":")
        return Environment.get(workspace, name, version or None)
    if isinstance(said, Mapping):
        return Environment._from_dict(dict(said))
    raise UserErrorException("The file names no environment: write one's name, or name:version.", target="environment")
