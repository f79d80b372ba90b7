"""Pipelines: steps with what is true for all of them."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from azureml._lazuli.server import raised_as
from azureml.core.experiment import Experiment
from azureml.exceptions import AzureMLException, ExperimentExecutionException
from azureml.pipeline.core import _yaml
from azureml.pipeline.core._plan import Plan
from azureml.pipeline.core.builder import PipelineStep, StepSequence
from azureml.pipeline.core.published_pipeline import PublishedPipeline, publish
from azureml.pipeline.core.run import PipelineRun

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace
    from azureml.data.azure_storage_datastore import AbstractDatastore

__all__ = ["Pipeline"]


class Pipeline:
    """Steps, in lists or sequences of any depth. A step waits for those whose outputs it reads, and for no other.

    With ``resolve_closure``, steps that are not named but whose outputs are read belong to it as well. Raises
    ValueError where something among ``steps`` is no step.
    """

    def __init__(
        self,
        workspace: Workspace,
        steps: Any,
        description: str | None = None,
        default_datastore: AbstractDatastore | str | None = None,
        default_source_directory: str | None = None,
        resolve_closure: bool = True,
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> None:
        if not steps:
            raise ValueError("steps is empty: a pipeline has at least one step.")
        self._workspace = workspace
        self._description = description
        self._default_datastore = default_datastore
        self._default_source_directory = default_source_directory
        self._resolve_closure = resolve_closure
        self._experiment_name: str | None = None
        self._steps: dict[PipelineStep, list[PipelineStep]] = {}
        _gather(steps, (), self._steps)

    @staticmethod
    def load_yaml(
        workspace: Workspace,
        filename: str | os.PathLike[str],
        _workflow_provider: Any = None,
        _service_endpoint: str | None = None,
    ) -> Pipeline:
        """The pipeline that a file says under ``pipeline:``. Paths in it are relative to the file.

        It has ``parameters``, ``data_references``, ``default_compute`` and ``steps``, which are of type
        PythonScriptStep. Raises :class:`UserErrorException` with the word that is wrong.
        """
        return Pipeline(workspace, **_yaml.load(workspace, filename))

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return self._workspace

    @property
    def _set_experiment_name(self) -> str | None:
        return self._experiment_name

    @_set_experiment_name.setter
    def _set_experiment_name(self, value: str) -> None:
        """The experiment of a run that names none."""
        self._experiment_name = value

    @property
    def graph(self) -> dict[str, dict[str, Any]]:
        """The nodes that its steps are in a job, by name."""
        return self._plan().nodes

    def validate(self) -> list[str]:
        """What is wrong with it, printed as well; nothing is submitted."""
        try:
            self._plan()
        except (ValueError, AzureMLException) as wrong:
            said = wrong.message if isinstance(wrong, AzureMLException) else str(wrong)
            print(said)
            return [said]
        return []

    def submit(
        self,
        experiment_name: str,
        pipeline_parameters: Mapping[str, Any] | None = None,
        continue_on_step_failure: bool | None = False,
        regenerate_outputs: bool = False,
        parent_run_id: str | None = None,
        credential_passthrough: bool | None = None,
    ) -> PipelineRun:
        """Start it in an experiment; its run. Raises ValueError for a parameter that it does not have.

        With ``regenerate_outputs`` no step is served by an earlier one that did the same. Its steps always act for
        whoever submits it, so ``credential_passthrough`` changes nothing.
        """
        return self._submit(
            Experiment(self._workspace, experiment_name),
            None,
            pipeline_parameters,
            continue_on_step_failure,
            regenerate_outputs,
            parent_run_id,
        )

    def publish(
        self,
        name: str | None = None,
        description: str | None = None,
        version: str | None = None,
        continue_on_step_failure: bool | None = None,
    ) -> PublishedPipeline:
        """Put it behind an address, to run again and again with other values for its parameters.

        Each call makes another published pipeline, also where one of that name and version is there.
        """
        job = self._job(None, bool(continue_on_step_failure))
        return publish(self._workspace, job, name, description, version)

    def _submit(
        self,
        experiment: Experiment,
        tags: Mapping[str, str] | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        continue_on_step_failure: bool | None = False,
        regenerate_outputs: bool = False,
        parent_run_id: str | None = None,
        credential_passthrough: bool | None = None,
        display_name: str | None = None,
    ) -> PipelineRun:
        """What ``Experiment.submit`` does with a pipeline."""
        job = self._job(pipeline_parameters, bool(continue_on_step_failure), regenerate_outputs)
        id = str(uuid.uuid4())
        job.update(experimentName=experiment.name, tags={word: str(value) for word, value in (tags or {}).items()})
        if display_name:
            job["displayName"] = display_name
        with raised_as(ExperimentExecutionException):
            experiment.workspace._call("PUT", f"jobs/{id}", {"properties": job})
        run = PipelineRun(experiment, id)
        if parent_run_id:
            run._set({"mlflow.parentRunId": parent_run_id})
        print(f"Submitted PipelineRun {id}\nLink to the run: {run.get_portal_url()}")
        return run

    def _job(
        self,
        parameters: Mapping[str, Any] | None = None,
        goes_on: bool = False,
        is_anew: bool = False,
    ) -> dict[str, Any]:
        """The pipeline job that it is, as the server takes it, with values for its parameters."""
        plan = self._plan()
        for name, value in (parameters or {}).items():
            if name not in plan.parameters:
                known = ", ".join(sorted(plan.parameters)) or "none"
                raise ValueError(f"The pipeline has no parameter '{name}'; it has: {known}.")
            plan.inputs[name] = plan.parameters[name]._input(self._workspace, value)
        settings: dict[str, Any] = {"continue_on_step_failure": goes_on, "force_rerun": is_anew}
        if self._default_datastore is not None:
            store = self._default_datastore
            settings["default_datastore"] = f"azureml:{store if isinstance(store, str) else store.name}"
        return {
            "jobType": "Pipeline",
            "description": self._description or "",
            "inputs": plan.inputs,
            "outputs": plan.outputs,
            "settings": settings,
            "jobs": plan.nodes,
        }

    def _plan(self) -> Plan:
        return Plan(self._workspace, self._steps, self._default_source_directory, self._resolve_closure)

    def __repr__(self) -> str:
        return f"Pipeline(Name: {self._description or ''}, Steps: {[step.name for step in self._steps]})"


def _gather(
    steps: Any, before: Sequence[PipelineStep], found: dict[PipelineStep, list[PipelineStep]]
) -> list[PipelineStep]:
    """Every step of lists and sequences, with those that a sequence puts before it."""
    if isinstance(steps, PipelineStep):
        found.setdefault(steps, []).extend(before)
        return [steps]
    if not isinstance(steps, (list, tuple, StepSequence)):
        refuse = getattr(steps, "_refuse", None)
        if refuse is not None:
            raise refuse()
        raise ValueError(f"'{steps!r}' among the steps is a {type(steps).__name__}, which is no step.")
    gathered: list[PipelineStep] = []
    for each in steps:
        these = _gather(each, before, found)
        gathered += these
        if isinstance(steps, StepSequence):
            before = these
    return gathered
