"""Notebooks as jobs."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined

__all__ = ["AzureMLNotebookHandler", "NotebookRunConfig", "NotebookRunnerStep"]

_INSTEAD = (
    "Run a notebook as a command job: 'jupyter nbconvert --to notebook --execute NOTEBOOK --output outputs/NOTEBOOK'."
)


class NotebookRunConfig(Declined):
    """A notebook to run."""

    _instead = _INSTEAD

    def __init__(
        self,
        source_directory: Any,
        notebook: Any,
        output_notebook: Any = None,
        parameters: Any = None,
        handler: Any = None,
        run_config: Any = None,
        _telemetry_values: Any = None,
    ) -> None:
        pass


class AzureMLNotebookHandler(Declined):
    """How a notebook is run."""

    _instead = _INSTEAD

    def __init__(self, history: Any = True, timeout: Any = None, **kwargs: Any) -> None:
        pass


class NotebookRunnerStep(Declined):
    """A notebook as a step."""

    _instead = _INSTEAD

    def __init__(
        self,
        name: Any = None,
        notebook_run_config: Any = None,
        runconfig_pipeline_params: Any = None,
        compute_target: Any = None,
        params: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        allow_reuse: Any = True,
        version: Any = None,
        output_notebook_pipeline_data_name: Any = None,
    ) -> None:
        pass
