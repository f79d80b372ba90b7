"""Runs of scripts: a job seen as a run."""

from __future__ import annotations

from azureml.core.run import Run


class ScriptRun(Run):
    """The run of a script that was submitted."""


Run.add_type_provider("azureml.scriptrun", lambda experiment, said: ScriptRun(experiment, said["runId"]))
