"""Summaries of models: their files, what ONNX and MLflow say of them, and the forms of them that are kept beside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lazuli.assets.kinds import Models
from lazuli.assets.mlmodel import FILE, LARGEST, flavors_of
from lazuli.assets.storage import Location, Storage
from lazuli.assets.stored import FileFacts, StoredFiles
from lazuli.ml.onnx.outlined import outline
from lazuli.resources.model import VARIANT_OF
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Problem
from lazuli.schema.yaml import plain
from lazuli.store.documents import Record, Selection
from lazuli.store.sources import made_from

__all__ = ["Summaries"]

_MOST_FILES, _MOST_ONNX, _MOST_FOLDERS = 1000, 5, 200
_FACTS = ("mlflow_version", "run_id", "utc_time_created")
_MEASURED = ("variant", "size", "max_difference", "mean_difference", "labels_differ", "latency_ms", "parent_latency_ms")


class Summaries:
    """The summaries of the models of every workspace. No model is loaded for them."""

    def __init__(self, models: Models, storage: Storage, files: StoredFiles) -> None:
        self._models = models
        self._storage = storage
        self._files = files

    def of(self, id: ResourceId) -> dict[str, Any]:
        """``{files, size, isCut, onnx, mlflow, variantOf, variants, measured}``. Raises :class:`NotFound`."""
        record = self._models.get(id)
        place = self._storage.locate(record.id.scope, str(record.body["path"]))
        files, is_cut = self._listed(place)
        properties = record.body.get("properties") or {}
        onnx = [each for each in files if each["path"].lower().endswith(".onnx")]
        return {
            "files": files,
            "size": sum(each["size"] for each in files),
            "isCut": is_cut,
            "onnx": [self._onnx(place, each, {f["path"] for f in files}) for each in onnx[:_MOST_ONNX]],
            "mlflow": self._mlflow(place, record),
            "variantOf": properties.get(VARIANT_OF),
            "measured": _measured(properties),
            "variants": [
                {"name": each.id.name, "version": each.id.version, "measured": _measured(each.body["properties"])}
                for each in self._variants(record)
            ],
        }

    def _listed(self, place: Location) -> tuple[list[dict[str, Any]], bool]:
        """The files, by paths below the model's folder, and whether there are more."""
        if file := self._files.stat(place):
            return [_file("", file)], False
        found: list[dict[str, Any]] = []
        folders = [""]
        for number, folder in enumerate(folders):  # it grows on the way
            if number >= _MOST_FOLDERS or len(found) >= _MOST_FILES:
                return found[:_MOST_FILES], True
            level = self._files.level(place / folder if folder else place)
            found += [_file(folder, each) for each in level.files]
            folders += [f"{folder}/{name}".lstrip("/") for name in level.folders]
            if level.next:
                return found[:_MOST_FILES], True
        return found[:_MOST_FILES], len(found) > _MOST_FILES

    def _onnx(self, place: Location, file: Mapping[str, Any], there: set[str]) -> dict[str, Any]:
        """What an ONNX file is made of; or ``problem`` where it cannot be read."""
        path = str(file["path"])
        at = place if self._files.stat(place) else place / path
        try:
            with self._files.opened(at) as source:
                told = outline(source, int(file["size"]))
        except Problem as problem:
            return {"path": path, "size": file["size"], "problem": problem.message}
        folder = path.rpartition("/")[0]
        for each in told["external"]:
            each["isThere"] = f"{folder}/{each['location']}".lstrip("/") in there
        notes = {word: _json(said) for word, said in told["metadata"].items() if word.startswith("lazuli.")}
        return {"path": path, "problem": None, **told, "measured": notes}

    def _mlflow(self, place: Location, record: Record) -> dict[str, Any] | None:
        """What the MLmodel file says, where there is one."""
        if self._files.stat(place):
            return None
        content = self._storage.read(place / FILE, LARGEST)
        flavors = flavors_of(content) or record.body.get("flavors") or {}
        if content is None and not flavors:
            return None
        try:
            said = plain(content or b"", aliases=False)
        except Exception:  # whatever is wrong with the file: it comes from whoever made the model
            said = None
        said = said if isinstance(said, dict) else {}
        signature = said.get("signature")
        signature = signature if isinstance(signature, dict) else {}
        return {
            "flavors": flavors,
            "inputs": _json(signature.get("inputs")),
            "outputs": _json(signature.get("outputs")),
            "params": _json(signature.get("params")),
            "facts": {
                word: str(said[word]) for word in ("mlflow_version", "run_id", "utc_time_created") if word in said
            },
        }

    def _variants(self, record: Record) -> Iterator[Record]:
        """The registered forms of a model."""
        store = self._models.store
        selection = Selection(record.id.scope, "models", facets=(made_from(record.id),), archived=False, limit=50)
        with store.state.read() as tx:
            found = store.documents.select(tx, selection)
        names = {f"azureml:{record.id.name}:{record.id.version}".lower(), record.id.shown.lower()}
        for each in found:
            if str((each.body.get("properties") or {}).get(VARIANT_OF) or "").lower() in names:
                yield each


def _file(folder: str, file: FileFacts) -> dict[str, Any]:
    return {"path": f"{folder}/{file.name}".lstrip("/"), "size": file.size, "modifiedAt": file.modified_at}


def _measured(properties: Mapping[str, Any]) -> dict[str, str]:
    """What an export or an optimisation measured, as the model's properties keep it."""
    words = {word: properties.get(f"lazuli.{word}") for word in _MEASURED}
    return {word: str(said) for word, said in words.items() if said is not None}


def _json(said: Any) -> Any:
    """What a text says as JSON; the text itself where it is none."""
    try:
        return json.loads(said, parse_constant=str) if isinstance(said, str) else None
    except (ValueError, RecursionError):
        return said
