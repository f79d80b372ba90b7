"""Models that answer without a script: one ONNX file, or a folder that MLflow saved."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lazuli.assets.storage import Location, Storage
from lazuli.resources.environment import Environment
from lazuli.resources.model import ModelType
from lazuli.schema.problems import InvalidInput, Problem
from lazuli.store.blobs import Blob
from lazuli.store.documents import Record
from lazuli.store.opened import Store

__all__ = ["ENVIRONMENT", "MLFLOW", "ONNX", "PlainModels"]

MLFLOW, ONNX = "mlflow", "onnx"
ENVIRONMENT = "MLflowModelEnvironment"
"""What the environments that models of MLflow bring along are called; their version is the hash of what they say."""
_MOST_FILES = 1000
_LONGEST = 1 << 20


class PlainModels:
    """What can be told of a model by its files alone. Nothing of it is loaded."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._store = store
        self._storage = storage

    def kind(self, model: Record) -> str:
        """How it answers by itself: ``mlflow``, ``onnx``, or '' where it needs a script."""
        if self._is_mlflow(model):
            return MLFLOW
        return ONNX if self._onnx(model) else ""

    def file(self, model: Record) -> Path | None:
        """The ONNX file of a model that is one. It never changes, and stays for as long as the model does."""
        blob = None if self._is_mlflow(model) else self._onnx(model)
        return self._store.blobs.file(blob) if blob else None

    def environment(self, model: Record) -> tuple[str, Environment]:
        """The environment in which a model of MLflow was saved, by its own file, and as which version it is kept.

        Raises :class:`InvalidInput` where the model tells none.
        """
        text = self._storage.read(self._location(model) / "conda.yaml", _LONGEST)
        if text is None:
            raise InvalidInput(
                f"The model '{model.id.name}' does not tell its environment: it has no conda.yaml.",
                target="environment",
                mend="Name one in 'environment'; it needs mlflow-skinny and what the model was trained with.",
            )
        conda = text.decode(errors="replace")
        version = hashlib.sha256(text).hexdigest()[:32]
        return version, Environment.load(
            {"image": "ubuntu", "conda_file": conda, "description": f"Of {model.id.name}."}
        )

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
