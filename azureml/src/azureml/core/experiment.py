"""Experiments: the runs that belong together, by a name."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping

from azureml._lazuli.server import raised_as
from azureml.core.workspace import Workspace
from azureml.exceptions import ExperimentExecutionException, ServiceException, UserErrorException

if TYPE_CHECKING:
    from azureml.core.run import Run

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")


class Experiment:
    """An experiment of a workspace, made where it is not there. Raises :class:`UserErrorException` for a bad name."""

    def __init__(
        self,
        workspace: Workspace,
        name: str,
        _skip_name_validation: bool = False,
        _id: str | None = None,
        _archived_time: Any = None,
        _create_in_cloud: bool = True,
        _experiment_dto: Any = None,
    ) -> None:
        if not _skip_name_validation and not _NAME.fullmatch(name):
            raise UserErrorException(
                f"'{name}' is not the name of an experiment: use up to 255 letters, digits, '-' and '_', and begin "
                "with a letter or a digit."
            )
        self._workspace = workspace
        self._name = name
        self._archived_time = _archived_time
        self._id = _id or (_id_of(workspace, name) if _create_in_cloud else None)

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return self._workspace

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def id(self) -> str:
        """The id."""
        if self._id is None:
            self._id = _id_of(self._workspace, self._name)
        return self._id

    @property
    def archived_time(self) -> Any:
        """When it was archived; None for an active one."""
        return self._archived_time

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""
        return {key: value for key, value in tags_of(self._said()).items() if not key.startswith("mlflow.")}

    @staticmethod
    def list(
        workspace: Workspace,
        experiment_name: str | None = None,
        view_type: str = "ActiveOnly",
        tags: Any = None,
    ) -> list[Experiment]:
        """The experiments of a workspace."""
        views = {"ActiveOnly": "ACTIVE_ONLY", "ArchivedOnly": "DELETED_ONLY", "All": "ALL"}
        if view_type not in views:
            raise UserErrorException(f"view_type is '{view_type}'; it is one of {', '.join(views)}.")
        body = {"max_results": 1000, "view_type": views[view_type]}
        return [
            Experiment(workspace, each["name"], True, each["experiment_id"], _archived(each))
            for each in workspace._mlflow_search("experiments", body)
            if experiment_name in (None, each["name"]) and has_all(tags_of(each), tags)
        ]

    def submit(
        self,
        config: Any,
        tags: Mapping[str, str] | None = None,
        *,
        show_output: bool = False,
        run_id: str | None = None,
        display_name: str | None = None,
        pipeline_parameters: Mapping[str, Any] | None = None,
        regenerate_outputs: bool | None = None,
        continue_on_step_failure: bool | None = None,
        pipeline_version: str | None = None,
    ) -> Any:
        """Start what is configured (a script, a pipeline, a search); its run, of the class that goes with it.

        With ``show_output`` it returns when the run is over, having printed its logs. The rest is for what is
        configured: TypeError where that does not take it. Raises :class:`UserErrorException` for what cannot be
        submitted, and says what to use instead.
        """
        if getattr(config, "_is_declined", False):
            raise config._refuse()
        submit = getattr(config, "_submit", None)
        if submit is None:
            raise UserErrorException(f"config is a {type(config).__name__}, which cannot be submitted.")
        words = {
            "run_id": run_id,
            "display_name": display_name,
            "pipeline_parameters": pipeline_parameters,
            "regenerate_outputs": regenerate_outputs,
            "continue_on_step_failure": continue_on_step_failure,
            "pipeline_version": pipeline_version,
        }
        run = submit(self, tags, **{word: value for word, value in words.items() if value is not None})
        if show_output:
            run.wait_for_completion(show_output=True, raise_on_error=False)
        return run

    def _start(
        self,
        name: str,
        job: Mapping[str, Any],
        tags: Mapping[str, Any] | None = None,
        display_name: str | None = None,
    ) -> None:
        """Make the job of a name. Raises :class:`ExperimentExecutionException` where the server refuses it."""
        properties = {
            **job,
            "experimentName": self._name,
            "displayName": display_name or name,
            "tags": {word: str(value) for word, value in (tags or {}).items()},
        }
        with raised_as(ExperimentExecutionException):
            self._workspace._call("PUT", f"jobs/{name}", {"properties": properties})

    def start_logging(
        self, *, outputs: str | None = None, snapshot_directory: str | None = None, display_name: str | None = None
    ) -> Run:
        """A run of this process: it logs until it is completed. ``outputs`` is a folder that is then sent."""
        from azureml.core.run import Run

        return Run._begin(self, display_name, outputs=outputs, snapshot=snapshot_directory)

    def get_runs(
        self,
        type: str | None = None,
        tags: Any = None,
        properties: Any = None,
        include_children: bool = False,
    ) -> Iterator[Run]:
        """The runs, newest first. ``tags`` and ``properties`` are a word that they have, or pairs."""
        from azureml.core.run import Run

        return Run.list(self, type, tags, properties, include_children=include_children)

    def tag(self, key: str, value: str | None = None) -> None:
        """Give the experiment a tag."""
        self._change("set-experiment-tag", key=key, value="" if value is None else str(value))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Give the experiment tags."""
        for key, value in tags.items():
            self.tag(key, value)

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Take tags away."""
        for key in tags:
            self._change("delete-experiment-tag", key=key)

    def archive(self, new_archive_name: str | None = None) -> None:
        """Hide the experiment among the active ones, under another name where one is given."""
        self._rename(new_archive_name)
        self._change("delete")
        self.refresh()

    def reactivate(self, new_name: str | None = None) -> None:
        """Bring an archived experiment back, under another name where one is given."""
        self._change("restore")
        self._rename(new_name)
        self.refresh()

    def refresh(self) -> None:
        """Read anew what the server says of it."""
        said = self._said()
        self._name, self._archived_time = said["name"], _archived(said)

    @staticmethod
    def delete(workspace: Workspace, experiment_id: str) -> None:
        """Give up an experiment without runs; its name is free again.

        Raises :class:`UserErrorException` where it has runs: those are kept, and the experiment can be archived.
        """
        said = workspace._mlflow("GET", "experiments/get", query={"experiment_id": experiment_id})["experiment"]
        found = Experiment(workspace, said["name"], True, experiment_id)
        if next(iter(found.get_runs(include_children=True)), None) is not None:
            raise UserErrorException(f"The experiment '{found.name}' has runs, so it is not deleted. Use archive().")
        found.archive(f"{found.name}-deleted-{uuid.uuid4().hex[:8]}")

    def get_portal_url(self) -> str:
        """The address of its page in Studio."""
        return f"{self._workspace._page_url('jobs')}?experiment={self._name}"

    def _said(self) -> dict[str, Any]:
        return self._workspace._mlflow("GET", "experiments/get", query={"experiment_id": self.id})["experiment"]

    def _change(self, verb: str, **said: str) -> None:
        self._workspace._mlflow("POST", f"experiments/{verb}", {"experiment_id": self.id, **said})

    def _rename(self, name: str | None) -> None:
        if name:
            self._change("update", new_name=name)

    def __repr__(self) -> str:
        return f"Experiment(Name: {self._name},\nWorkspace: {self._workspace.name})"


def tags_of(said: Mapping[str, Any]) -> dict[str, str]:
    """The tags of an experiment, or of a run's data, as MLflow lists them."""
    return {each["key"]: each["value"] for each in said.get("tags") or ()}


def _archived(said: Mapping[str, Any]) -> datetime | None:
    """When an experiment was archived, as MLflow tells it; None for an active one."""
    if said.get("lifecycle_stage") != "deleted":
        return None
    return datetime.fromtimestamp(int(said.get("last_update_time") or 0) / 1000, timezone.utc)


def has_all(had: Mapping[str, str], wanted: Any) -> bool:
    """Whether the wanted are had: None, a word, or pairs of which a value of None matches any."""
    if wanted is None:
        return True
    pairs = wanted if isinstance(wanted, Mapping) else {wanted: None}
    return all(key in had and value in (None, had[key]) for key, value in pairs.items())


def _id_of(workspace: Workspace, name: str) -> str:
    try:
        return workspace._mlflow("POST", "experiments/create", {"name": name})["experiment_id"]
    except ServiceException as refused:
        if "RESOURCE_ALREADY_EXISTS" not in f"{refused.code}{refused.message}" and refused.status_code not in (
            400,
            409,
        ):
            raise
        query = {"experiment_name": name}
        return workspace._mlflow("GET", "experiments/get-by-name", query=query)["experiment"]["experiment_id"]
