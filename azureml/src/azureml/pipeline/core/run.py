"""Runs of pipelines and of their steps."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Iterator, Mapping

from azureml.core._run_types import provide
from azureml.core.run import Run
from azureml.exceptions import ActivityFailedException, UserErrorException
from azureml.pipeline.core._port import PortDataReference, below
from azureml.pipeline.core.published_pipeline import PublishedPipeline, publish

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment
    from azureml.core.workspace import Workspace

__all__ = ["PipelineRun", "PortDataReference", "StepRun", "StepRunOutput"]

_OVER = ("Finished", "Failed", "Canceled")
_REUSED = "azureml.isreused"


class _Awaited(Run):
    """What the runs of pipelines and of steps have in common: a run that is done is called Finished."""

    @property
    def status(self) -> str:
        """The status as the server calls it: ``Completed`` for one that is done."""
        return super().get_status()

    def get_status(self) -> str:
        """``NotStarted``, ``Running``, ``Finished``, ``Failed``, ``Canceled``…"""
        return _called(super().get_status())

    def _wait(self, timeout_seconds: float, raise_on_error: bool, show: Any) -> str:
        """Wait until it is over; its status, also where the time is up before."""
        until, pause = time.monotonic() + timeout_seconds, 0.1
        while True:
            status = self.get_status()
            show()
            if status in _OVER:
                break
            if time.monotonic() > until:
                print(f"Timed out after {timeout_seconds} seconds; the run goes on.")
                return status
            time.sleep(min(pause, max(until - time.monotonic(), 0)))
            pause = min(pause * 1.3, 2.0)
        details = self.get_details()
        if raise_on_error and status == "Failed":
            raise ActivityFailedException(details.get("error") or {"error": {"message": f"Run {self.id} failed."}})
        return status

    def _document(self) -> dict[str, Any]:
        """The job, as it was submitted."""
        return self._workspace._call("GET", f"jobs/{self._run_id}")["properties"]

    def _place(self, output: str) -> str:
        """The address at which an output lies."""
        asset = f"azureml://jobs/{self._run_id}/outputs/{output}"
        path = f"/data/v1.0{self._workspace._scope.path}/dataversion/batchGetResolvedUris"
        return self._workspace._server.call("POST", path, {"values": [asset]})["values"][asset]["uri"]


class PipelineRun(_Awaited):
    """The run of a pipeline."""

    def __init__(
        self, experiment: Experiment, run_id: str, _service_endpoint: str | None = None, outputs: Any = None
    ) -> None:
        super().__init__(experiment, run_id, outputs)

    @staticmethod
    def get(workspace: Workspace, run_id: str, _service_endpoint: str | None = None) -> PipelineRun:
        """The run of an id. Raises :class:`UserErrorException` where there is none, or it is no pipeline's."""
        run = Run.get(workspace, run_id)
        if not isinstance(run, PipelineRun):
            raise UserErrorException(f"The run '{run_id}' is no pipeline's: it is of type '{run.type}'.")
        return run

    @staticmethod
    def get_pipeline_runs(workspace: Workspace, pipeline_id: str, _service_endpoint: Any = None) -> list[PipelineRun]:
        """The runs of a published pipeline, newest first."""
        found = []
        for said in workspace._pages("jobs", {"jobType": "Pipeline"}):
            if (said["properties"].get("properties") or {}).get("azureml.pipelineid") == pipeline_id:
                found.append(PipelineRun.get(workspace, said["name"]))
        return found

    def get_steps(self) -> Iterator[StepRun]:
        """The runs of its steps, as far as they have begun."""
        for said in self._begun():
            yield _step(self._experiment, said)

    def find_step_run(self, name: str) -> list[StepRun]:
        """The runs of the steps of a name."""
        return [step for step in self.get_steps() if step.name == name]

    def get_pipeline_output(self, pipeline_output_name: str) -> PortDataReference:
        """What the pipeline left under a name. Raises :class:`UserErrorException` where it has no such output."""
        job = self._document()
        if pipeline_output_name not in (job.get("outputs") or {}):
            known = ", ".join(sorted(job.get("outputs") or {})) or "none"
            raise UserErrorException(f"The pipeline has no output '{pipeline_output_name}'; it has: {known}.")
        return PortDataReference(
            self._workspace, pipeline_output_name, self._place(pipeline_output_name), below(job, pipeline_output_name)
        )

    def publish_pipeline(
        self, name: str, description: str, version: str, continue_on_step_failure: bool | None = None
    ) -> PublishedPipeline:
        """Put the pipeline that ran behind an address, to run again with other values for its parameters.

        ``continue_on_step_failure`` None leaves it as it was in this run.
        """
        pipeline: Any = self._workspace._path(f"jobs/{self._run_id}")
        if continue_on_step_failure is not None:
            job = self._document()
            settings = {**(job.get("settings") or {}), "continue_on_step_failure": continue_on_step_failure}
            outputs = {word: _anew(said, self._run_id) for word, said in (job.get("outputs") or {}).items()}
            words = ("jobType", "description", "inputs", "jobs")
            pipeline = {**{word: job[word] for word in words if word in job}, "settings": settings, "outputs": outputs}
        return publish(self._workspace, pipeline, name, description, version)

    def get_graph(self) -> Mapping[str, Any]:
        """The nodes of the pipeline by the names of their steps, as they were submitted."""
        return self._document()["jobs"]

    def wait_for_completion(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        show_output: bool = True,
        timeout_seconds: float = sys.maxsize,
        raise_on_error: bool = True,
    ) -> str:
        """Wait until it is over; its status. Raises :class:`ActivityFailedException` where it failed."""
        told: dict[str, str] = {}
        shown: dict[str, dict[str, int]] = {}
        if show_output:
            print(f"PipelineRunId: {self._run_id}\nLink to Portal: {self.get_portal_url()}")
        status = self._wait(timeout_seconds, raise_on_error, lambda: self._tell(told, shown) if show_output else None)
        if show_output:
            print(f"\nPipelineRun Execution Summary\n{'=' * 30}\nPipelineRun Status: {status}")
        return status

    def _begun(self) -> list[dict[str, Any]]:
        """What the server says of the runs of its steps."""
        path = f"/history/v1.0{self._workspace._scope.path}/runs/{self._run_id}/children"
        return self._workspace._server.call("GET", path)["value"]

    def _tell(self, told: dict[str, str], shown: dict[str, dict[str, int]]) -> None:
        """Print which steps have gone on since, and what they have printed."""
        for said in self._begun():
            step, status = _step(self._experiment, said), _called(said["status"])
            if told.get(step.id) in _OVER:
                continue
            if told.get(step.id) != status:
                print(f"StepRun( {step.name} ) Status: {status}")
            told[step.id] = status
            step._show(shown.setdefault(step.id, {}))


def _anew(output: Mapping[str, Any], run: str) -> dict[str, Any]:
    """An output of a run as another run says it: a place that was called after the one is called after the other."""
    uri = output.get("uri")
    parts = ["${{name}}" if part == run else part for part in uri.split("/")] if uri else ()
    return {**output, "uri": "/".join(parts)} if parts else dict(output)


class StepRun(_Awaited):
    """The run of one step."""

    def __init__(
        self,
        experiment: Experiment,
        step_run_id: str,
        pipeline_run_id: str,
        node_id: str,
        _service_endpoint: str | None = None,
        _is_reused: bool | None = None,
    ) -> None:
        super().__init__(experiment, step_run_id)
        self._pipeline_run_id = pipeline_run_id
        self._node_id = node_id
        self._is_reused = _is_reused

    @property
    def name(self) -> str:
        """The name of the step."""
        return self._node_id

    @property
    def pipeline_run_id(self) -> str:
        """The id of the run of the pipeline."""
        return self._pipeline_run_id

    @property
    def is_reused(self) -> bool:
        """Whether an earlier step served for it."""
        return self.get_properties().get(_REUSED) == "true"

    def get_outputs(self) -> dict[str, StepRunOutput]:
        """What it writes, by name."""
        job = self._document()
        found = {name: StepRunOutput(self, name) for name in job.get("outputs") or {}}
        if job.get("jobType") == "Sweep":
            for step in PipelineRun(self._experiment, self._pipeline_run_id).find_step_run(left_by(self.name)):
                found.update(step.get_outputs())
        return found

    def get_output(self, name: str) -> StepRunOutput:
        """What it writes under a name. Raises ValueError where there is no such output."""
        found = self.get_outputs()
        if name not in found:
            raise ValueError(f"The step '{self.name}' has no output '{name}'; it has: {', '.join(found) or 'none'}.")
        return found[name]

    def get_output_data(self, name: str) -> PortDataReference:
        """Where what it wrote under a name lies."""
        return self.get_output(name).get_port_data_reference()

    def get_job_log(self) -> str:
        """What the server says of how it ran."""
        return self._logs("azureml")

    def get_stdout_log(self) -> str:
        """What it printed."""
        return self._logs("std_log", "user_logs")

    def get_stderr_log(self) -> str:
        """What it printed: both streams are one log here."""
        return self.get_stdout_log()

    def wait_for_completion(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        show_output: bool = True,
        timeout_seconds: float = sys.maxsize,
        raise_on_error: bool = True,
    ) -> str:
        """Wait until it is over; its status. Raises :class:`ActivityFailedException` where it failed."""
        shown: dict[str, int] = {}
        if show_output:
            print(f"StepRunId: {self._run_id}\nLink to Portal: {self.get_portal_url()}")
        return self._wait(timeout_seconds, raise_on_error, lambda: self._show(shown) if show_output else None)

    def _logs(self, *words: str) -> str:
        logs = ((self._job() or {}).get("logFiles") or {}).items()
        return "".join(self._log_text(url) for name, url in logs if any(word in name for word in words))


def left_by(search: str) -> str:
    """The name of the step that puts what a search leaves where others find it."""
    return f"{search} outputs"


class StepRunOutput:
    """One output of a step's run."""

    def __init__(self, step_run: StepRun, name: str) -> None:
        self._step_run = step_run
        self._name = name

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def get_port_data_reference(self) -> PortDataReference:
        """Where it lies."""
        run = self._step_run
        return PortDataReference(run._workspace, self._name, run._place(self._name), below(run._document(), self._name))

    def __repr__(self) -> str:
        return f"StepRunOutput(name={self._name})"


def _called(status: str) -> str:
    """A status as pipelines call it."""
    return "Finished" if status == "Completed" else status


def _step(experiment: Experiment, said: Mapping[str, Any]) -> StepRun:
    return StepRun(experiment, said["runId"], said["parentRunId"], said["displayName"])


provide("azureml.PipelineRun", lambda experiment, said: PipelineRun(experiment, said["runId"]))
provide("azureml.StepRun", _step)
