"""Where a workspace's files lie: the datastores it is founded with, and the folders that clients look in."""

from __future__ import annotations

from lazuli.schema.reference import DatastorePath

__all__ = ["ARTIFACTS", "COLLECTED", "DEFAULT", "artifact_folder", "artifact_path", "maker_of", "output_path"]

DEFAULT = "workspaceblobstore"
"""The datastore that uploads and outputs go to."""
ARTIFACTS = "workspaceartifactstore"
"""The datastore of logs, metrics' files and whatever a job leaves in ``outputs/``."""
_RUNS, _OUTPUTS = "ExperimentRun/dcid.", "azureml/"

COLLECTED = "modelDataCollector"
"""The folder of ``workspaceblobstore`` below which lies what online deployments collect."""


def artifact_folder(run: str) -> str:
    """Where, on the artifact datastore, the files of a run lie."""
    return f"{_RUNS}{run}"


def artifact_path(run: str, path: str = "") -> DatastorePath:
    """The address of a run's file, or of all its files."""
    return DatastorePath(ARTIFACTS, f"{artifact_folder(run)}/{path}".rstrip("/"))


def output_path(job: str, output: str) -> DatastorePath:
    """The address of a named output of a job, unless the job says otherwise."""
    return DatastorePath(DEFAULT, f"{_OUTPUTS}{job}/{output}")


def maker_of(place: DatastorePath) -> str:
    """The job or run in whose own folder a place lies; '' where it lies elsewhere."""
    folder = {ARTIFACTS: _RUNS, DEFAULT: _OUTPUTS}.get(place.datastore, "")
    if not folder or not place.path.startswith(folder):
        return ""
    return place.path.removeprefix(folder).partition("/")[0]
