"""The files of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

from azureml._lazuli.logged import Record
from azureml._lazuli.spool import flush
from azureml._lazuli.storage import at_once, inside
from azureml.exceptions import ServiceException, UserErrorException

if TYPE_CHECKING:
    from azureml.core.experiment import Experiment
    from azureml.core.workspace import Workspace


class RunFiles:
    """A run seen as the files that it keeps."""

    _run_id: str
    _experiment: Experiment

    def get_file_names(self) -> list[str]:
        """The names of its files."""
        self.flush()
        return sorted(self._files(""))

    def upload_file(self, name: str, path_or_stream: Any, datastore_name: str | None = None) -> None:
        """Keep a file, or what a stream holds, under a name."""
        if hasattr(path_or_stream, "read"):
            content = path_or_stream.read()
            self._record.put(name, content.encode() if isinstance(content, str) else content)
            return
        path = Path(path_or_stream)
        if not path.is_file():
            raise UserErrorException(f"path_or_stream names '{path}', which is no file.")
        with path.open("rb") as stream:
            self._record.put(name, stream)

    def upload_folder(self, name: str, path: Any, datastore_name: str | None = None) -> None:
        """Keep a folder's files below a name."""
        folder = Path(path)
        if not folder.is_dir():
            raise UserErrorException(f"path names '{folder}', which is no folder.")
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.upload_file(f"{name}/{file.relative_to(folder).as_posix()}", file)

    def download_file(self, name: str, output_file_path: Any = None, _validate_checksum: bool = False) -> None:
        """Write a file here, or to a path or into a folder."""
        target = Path(output_file_path) if output_file_path is not None else Path(Path(name).name)
        if target.is_dir() or str(output_file_path or "").endswith(("/", os.sep)):
            target = target / Path(name).name
        self.flush()
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._record.download(name, target)
        except ServiceException as refused:
            if refused.status_code != 404:
                raise
            raise UserErrorException(f"The run '{self._run_id}' has no file '{name}'.") from refused

    def download_files(
        self,
        prefix: str | None = None,
        output_directory: Any = None,
        output_paths: Any = None,
        batch_size: int = 100,
        append_prefix: bool = True,
        timeout_seconds: int | None = None,
    ) -> None:
        """Write the files whose names begin with ``prefix`` below a folder."""
        names = [name for name in self.get_file_names() if name.startswith(prefix or "")]
        folder = Path(output_directory or ".")
        if output_paths is not None:
            targets = [Path(path) for path in output_paths]
            if len(targets) != len(names):
                raise UserErrorException(f"output_paths names {len(targets)} files, but there are {len(names)}.")
        else:
            cut = 0 if append_prefix else len((prefix or "").rstrip("/"))
            targets = [inside(folder, name[cut:].lstrip("/") or Path(name).name) for name in names]
        for _ in at_once(lambda pair: self.download_file(*pair), zip(names, targets)):
            pass

    def flush(self, timeout_seconds: float = 300) -> None:
        """Wait until what was logged has arrived. Raises what the server refused of it."""
        at = self._workspace._server, self._workspace._scope
        if not flush(*at, self._run_id, timeout_seconds):
            raise TimeoutError(f"What run '{self._run_id}' logged did not arrive within {timeout_seconds} s.")

    @property
    def _workspace(self) -> Workspace:
        return self._experiment.workspace

    @property
    def _record(self) -> Record:
        return Record(self._workspace._server, self._workspace._scope, self._run_id)

    def _files(self, folder: str) -> Iterator[str]:
        query = {"run_id": self._run_id, **({"path": folder} if folder else {})}
        for each in self._workspace._mlflow("GET", "artifacts/list", query=query).get("files") or ():
            if each["is_dir"]:
                yield from self._files(each["path"])
            else:
                yield each["path"]
