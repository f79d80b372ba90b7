"""The files of models on this machine: those that become one, and those that were fetched or given."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from azureml._lazuli.snapshot import below
from azureml.core._model_versions import number
from azureml.exceptions import WebserviceException

MODELS_DIR = "azureml-models"


def files_of(source: Path, child_paths: Iterable[str] | None) -> dict[str, Path]:
    """The files of a model by their paths, which begin with its own name."""
    root = source.resolve().name
    if source.is_file():
        return {root: source}
    if not source.exists():
        raise WebserviceException(
            f"Error, provided model path \"{source}\" cannot be found. It is looked for in '{Path.cwd()}'."
        )
    files = dict(below(source))
    if child_paths is not None:
        chosen = [str(each).replace("\\", "/").strip("/") for each in child_paths]
        unknown = [each for each in chosen if not (source / each).exists()]
        if unknown:
            raise WebserviceException(f"child_paths names what is not in '{source}': {', '.join(unknown)}.")
        files = {
            name: path
            for name, path in files.items()
            if any(name == each or name.startswith(f"{each}/") for each in chosen)
        }
    if not files:
        raise WebserviceException(f"The folder '{source}' has no files.")
    return {f"{root}/{name}": path for name, path in files.items()}


def lying_in(folder: Path, name: str, version: int | None) -> str | None:
    """Where a model lies in a folder of models (or in that of one version); None where it does not."""
    if folder.parent.name == name and (version is None or folder.name == str(version)):
        return _only_in(folder)
    versions = [each for each in (folder / name).iterdir() if each.is_dir()] if (folder / name).is_dir() else []
    if version is not None:
        versions = [each for each in versions if each.name == str(version)]
    if versions:
        return _only_in(max(versions, key=lambda each: (each.name.isdigit(), number(each.name))))
    given = folder / name
    is_there = folder.name != MODELS_DIR and given.exists()
    return str(given) if is_there else None


def _only_in(folder: Path) -> str | None:
    inner = sorted(folder.iterdir()) if folder.is_dir() else []
    return str(inner[0]) if len(inner) == 1 else str(folder) if inner else None
