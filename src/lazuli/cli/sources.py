"""Where the model that a command names lies: a file or folder of this machine, or a model of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lazuli.cli.options import Connect
from lazuli.client.client import Client
from lazuli.client.envelope import Shown
from lazuli.schema.problems import InvalidInput, NotFound
from lazuli.schema.reference import parse_reference

__all__ = ["is_registered", "local", "onnx_file", "registered"]


@contextmanager
def local(connect: Connect, source: str) -> Iterator[Path]:
    """The place itself, or the folder of a model of the workspace, which is fetched for as long as it is needed."""
    if not is_registered(source):
        yield Path(source).expanduser()
        return
    with TemporaryDirectory() as folder:
        with connect() as client:
            fetched = _fetched(client, source, Path(folder))
        yield fetched


def is_registered(source: str) -> bool:
    """Whether a model of the workspace is meant: what lies here under that name goes first."""
    return not Path(source).expanduser().exists() and bool(_reference(source))


def _reference(source: str) -> str:
    """``azureml:credit:3``, also where only ``credit:3`` was said; empty for what can only be a place."""
    if source.startswith("azureml:"):
        return source
    named = parse_reference(f"azureml:{source}")
    return f"azureml:{source}" if named and (named.version or named.label) else ""


def registered(client: Client, source: str) -> Shown:
    """The model of the workspace that is meant. Raises :class:`InvalidInput` where it can be none."""
    named = parse_reference(_reference(source))
    if named is None:
        raise InvalidInput(f"'{source}' names no model.", target="source", mend="Write it as azureml:NAME:VERSION.")
    named.inside(client.scope, target="source")
    return client.models.get(named.name, named.version, named.label)


def _fetched(client: Client, source: str, folder: Path) -> Path:
    model = registered(client, source)
    client.models.download(model["name"], folder, model["version"])
    return folder / model["name"]


def onnx_file(place: Path, source: str) -> Path:
    """The only ONNX file in a folder; a file as it is. Raises :class:`NotFound` where there is none."""
    if not place.exists():
        raise NotFound(
            f"There is no file '{source}'.",
            target="source",
            mend="Name an ONNX file, or a model of the workspace as NAME:VERSION or NAME@latest.",
        )
    if not place.is_dir():
        return place
    files = sorted(place.rglob("*.onnx"))
    if len(files) != 1:
        inside = ", ".join(file.name for file in files) or "none"
        raise InvalidInput(
            f"'{source}' has not one ONNX file but {inside}.",
            target="source",
            mend="Name a file; 'lazuli model download' fetches a model of the workspace.",
        )
    return files[0]
