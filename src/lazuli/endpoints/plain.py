"""Models that answer without a script: one ONNX file, or a folder that MLflow saved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lazuli.assets.storage import Location, Storage
from lazuli.resources.environment import Environment
from lazuli.resources.model import ModelType
from lazuli.schema.problems import InvalidInput, Problem
from lazuli.store.blobs import Blob
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["MLFLOW", "ONNX", "Needed", "PlainModels"]

MLFLOW, ONNX = "mlflow", "onnx"
_ENVIRONMENT, _ONNX_ENVIRONMENT = "MLflowModelEnvironment", "OnnxModelEnvironment"
"""What the environments that models need are called; their version is the hash of what they say."""
_ONNX_CONDA = "dependencies: [pip, {pip: [numpy, onnxruntime, pandas]}]\n"
_MOST_FILES = 1000
_LONGEST = 1 << 20


@dataclass(frozen=True)
class Needed:
    """The environment in which a model is asked."""

    id: tuple[str, str]
    """As which name and version it is kept."""
    document: Environment


class PlainModels:
    """What can be told of a model by its files alone. Nothing of it is loaded.

    An ONNX model needs an environment where jobs ask it (``in_jobs``): the front of an endpoint asks it by itself.
    """

    def __init__(self, store: Store, storage: Storage, *, in_jobs: bool = False) -> None:
        self._store = store
        self._storage = storage
        self._in_jobs = in_jobs

    def kind(self, model: Record) -> str:
        """How it answers by itself: ``mlflow``, ``onnx``, or '' where it needs a script."""
        if self._is_mlflow(model):
            return MLFLOW
        return ONNX if self._onnx(model) else ""

    def file(self, model: Record) -> Path | None:
        """The ONNX file of a model that is one. It never changes, and stays for as long as the model does."""
        blob = None if self._is_mlflow(model) else self._onnx(model)
        return self._store.blobs.file(blob) if blob else None

    def environment(self, model: Record) -> Needed | None:
        """The environment that a model needs: that in which MLflow saved it, by its own file; None where it needs none.

        Raises :class:`InvalidInput` where the model tells none.
        """
        if not self._is_mlflow(model):
            needed = _needed(_ONNX_ENVIRONMENT, _ONNX_CONDA, "Asks ONNX models.")
            return needed if self._in_jobs and self._onnx(model) else None
        text = self._storage.read(self._location(model) / "conda.yaml", _LONGEST)
        if text is None:
            raise InvalidInput(
                f"The model '{model.id.name}' does not tell its environment: it has no conda.yaml.",
                target="environment",
                mend="Name one in 'environment'; it needs mlflow-skinny and what the model was trained with.",
            )
        return _needed(_ENVIRONMENT, text.decode(errors="replace"), f"Of {model.id.name}.")

    def _is_mlflow(self, model: Record) -> bool:
        return model.body.get("type") == ModelType.MLFLOW_MODEL.value

    def _onnx(self, model: Record) -> Blob | None:
        """The one ONNX file of a model, if there is exactly one."""
        try:
            location = self._location(model)
        except Problem:
            return None
        if location.is_outside:
            return None
        if blob := self._storage.blob(location):
            return blob if blob.name.lower().endswith(".onnx") else None
        files = self._store.blobs.list(location.container, location.prefix, limit=_MOST_FILES).blobs
        found = [blob for blob in files if blob.name.lower().endswith(".onnx")]
        return found[0] if len(found) == 1 else None

    def _location(self, model: Record) -> Location:
        return self._storage.locate(model.id.scope, str(model.body["path"]), target="model")


def _needed(name: str, conda: str, description: str) -> Needed:
    version = hashlib.sha256(conda.encode()).hexdigest()[:32]
    said = {"image": "ubuntu", "conda_file": conda, "description": description}
    return Needed((name, version), Environment.load(said))
