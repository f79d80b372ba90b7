"""The run of a script that is no job: it prints what it would keep."""

from __future__ import annotations

import uuid
from typing import Any, Mapping


class _OfflineRun:
    """What a script gets that runs by hand. It has no experiment, no parent and no metrics to read."""

    def __init__(self, parent_logger: Any = None, run_id: str | None = None) -> None:
        self._run_id = run_id or f"OfflineRun_{uuid.uuid4()}"

    @property
    def id(self) -> str:
        """An id that no server knows."""
        return self._run_id

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Print a number or text."""
        _say("scalar", name, value)

    def log_list(self, name: str, value: Any, description: str = "") -> None:
        """Print a list."""
        _say("list", name, value)

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Print a row."""
        _say("row", name, kwargs)

    def log_table(self, name: str, value: Any, description: str = "") -> None:
        """Print a table."""
        _say("table", name, value)

    def log_image(self, name: str, path: Any = None, plot: Any = None, description: str = "") -> None:
        """Print that there is an image."""
        _say("image", name, path if path is not None else plot)

    def log_confusion_matrix(self, name: str, value: Any, description: str = "") -> None:
        """Print a confusion matrix."""
        _say("confusion matrix", name, value)

    def log_accuracy_table(self, name: str, value: Any, description: str = "") -> None:
        """Print an accuracy table."""
        _say("accuracy table", name, value)

    def log_residuals(self, name: str, value: Any, description: str = "") -> None:
        """Print residuals."""
        _say("residuals", name, value)

    def log_predictions(self, name: str, value: Any, description: str = "") -> None:
        """Print predictions."""
        _say("predictions", name, value)

    def upload_file(self, name: str, path_or_stream: Any, datastore_name: str | None = None) -> None:
        """Print that a file would be kept."""
        print(f"Attempted to upload file {name}: {path_or_stream}")

    def upload_folder(self, name: str, path: Any, datastore_name: str | None = None) -> None:
        """Print that a folder would be kept."""
        print(f"Attempted to upload folder {name}: {path}")

    def tag(self, key: str, value: Any = None) -> None:
        """Print a tag."""
        print(f"Attempted to tag {key}: {value}")

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Print tags."""
        for key, value in tags.items():
            self.tag(key, value)

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Print properties."""
        print(f"Attempted to add properties: {dict(properties)}")

    def child_run(self, name: str | None = None, run_id: str | None = None, outputs: Any = None) -> _OfflineRun:
        """Another run of this kind."""
        return _OfflineRun(run_id=run_id)

    def complete(self, _set_status: bool = True) -> None:
        """Do nothing."""

    def fail(self, error_details: Any = None, error_code: Any = None, _set_status: bool = True) -> None:
        """Do nothing."""

    def cancel(self) -> None:
        """Do nothing."""

    def flush(self, timeout_seconds: float = 300) -> None:
        """Do nothing."""

    def __enter__(self) -> _OfflineRun:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        pass


def _say(kind: str, name: str, value: Any) -> None:
    print(f"Attempted to log {kind} metric {name}:\n{value}")
