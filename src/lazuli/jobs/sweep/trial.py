"""One trial of a sweep: an ordinary command job, with the values of its hyperparameters put in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lazuli.jobs.family import child_name
from lazuli.ml.search import names_in
from lazuli.resources.inout import AssetType, Input, Output
from lazuli.resources.job import CommandJob
from lazuli.resources.sweep import SweepJob
from lazuli.schema import bindings

__all__ = ["HYPERPARAMETERS", "OF_TRIAL", "trial_job", "trial_name"]

OF_TRIAL = "sweep"
"""The fact of a trial's state that tells its number and its hyperparameters."""
HYPERPARAMETERS = "hyperparameters"
"""The tag of a trial that tells its hyperparameters, as JSON."""
_GROUP = "search_space"
_GIT = ("azureml.git.", "mlflow.source.git.")


def trial_name(sweep: str, number: int) -> str:
    """The name of the trial of a number, from 0."""
    return child_name(sweep, str(number), "_")


def trial_job(sweep: SweepJob, name: str, params: Mapping[str, Any]) -> CommandJob:
    """The job of one trial.

    ``${{search_space.x}}`` stands for a hyperparameter in the command, in variables and in literal inputs; each is
    a variable ``AZUREML_SWEEP_x`` as well. What is not drawn in this trial is empty text.
    """
    space = sweep.dump()["search_space"]
    values = {each: None if params.get(each) is None else str(params[each]) for each in names_in(space)}

    def filled(text: str) -> str:
        return bindings.fill(text, _GROUP, values)

    trial, limits = sweep.trial, sweep.limits
    told = {f"AZUREML_SWEEP_{_word(each)}": value for each, value in values.items() if value is not None}
    variables = {name: filled(text) for name, text in trial.environment_variables.items()}
    return CommandJob.load(
        {
            "name": name,
            "experiment_name": sweep.experiment_name,
            "display_name": name,
            "tags": {HYPERPARAMETERS: json.dumps(dict(params))},
            "properties": {key: value for key, value in sweep.properties.items() if key.startswith(_GIT)},
            "compute": sweep.compute,
            "command": filled(trial.command),
            "code": trial.code,
            "environment": trial.environment,
            "environment_variables": {**told, **variables},
            "inputs": {key: _input(given, filled) for key, given in sweep.inputs.items()},
            "outputs": {key: _output(output, name) for key, output in sweep.outputs.items()},
            "distribution": trial.distribution,
            "resources": trial.resources or sweep.resources,
            "limits": {"timeout": limits.trial_timeout} if limits and limits.trial_timeout else None,
            "queue_settings": sweep.queue_settings,
            "identity": sweep.identity,
            "services": sweep.services,
        }
    )


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _input(given: Input, filled: Any) -> Input:
    if given.type is not AssetType.LITERAL or not given.value:
        return given
    return given.model_copy(update={"value": filled(given.value)})


def _output(output: Output, trial: str) -> Output:
    """An output of a trial: in a place of its own, and not registered, which is for the best one's."""
    path = output.path
    if path and not any(binding.group == "name" for binding in bindings.bindings_in(path)):
        whole = PurePosixPath(path.removeprefix("azureml://"))
        apart = whole.parent / trial / whole.name if output.type is AssetType.URI_FILE else whole / trial
        path = f"azureml://{apart}"
    return output.model_copy(update={"path": path, "name": None, "version": None})
