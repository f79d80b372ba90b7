"""Variants of a registered ONNX model, registered beside it: smaller or faster, with what each was measured to be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lazuli.client.client import Client
from lazuli.client.collection import Unwritten
from lazuli.client.envelope import Shown
from lazuli.ml.onnx.optimized import VARIANTS, Optimized, Variant
from lazuli.resources.model import VARIANT_OF, Model
from lazuli.schema.problems import NotFound

__all__ = ["Kept", "kept_variants", "register_variants"]


@dataclass(frozen=True)
class Kept:
    """A variant as it is registered."""

    variant: str
    model: str
    """``NAME:VERSION``."""
    size: int
    max_difference: float
    latency_ms: float
    """The median time of one row on one core."""
    speed: float
    """How many times as fast as its parent, which was measured in turns with it."""


def register_variants(client: Client, parent: Shown, made: Optimized) -> list[Kept]:
    """Register every variant that there is as ``NAME-variant``, under the version of its parent.

    One that is there already stays as it was measured. Raises :class:`Conflict` where another model has its name.
    """
    there = {each.variant: each for each in kept_variants(client, parent["name"], parent["version"])}
    kept = []
    for variant in made.variants:
        if variant.name in there:
            kept.append(there[variant.name])
        elif variant.file is not None:
            document = _document(parent, variant)
            source = Unwritten("The variant", Path.cwd(), document, {}, strict=True)
            kept.append(_kept(client.models.create(Model.from_yaml(source), source)))
    return kept


def kept_variants(client: Client, name: str, version: str) -> list[Kept]:
    """The registered variants of a model."""
    found = []
    for variant in VARIANTS:
        with suppress(NotFound):
            model = client.models.get(f"{name}-{variant}", version)
            if (model.get("properties") or {}).get(VARIANT_OF) == f"azureml:{name}:{version}":
                found.append(_kept(model))
    return found


def _document(parent: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    assert variant.parity is not None
    name, version = parent["name"], parent["version"]
    return {
        "name": f"{name}-{variant.name}",
        "version": version,
        "type": "custom_model",
        "path": str(variant.file),
        "description": f"{name}:{version}, {_DONE[variant.name]}.",
        "properties": {
            VARIANT_OF: f"azureml:{name}:{version}",
            "lazuli.variant": variant.name,
            "lazuli.size": str(variant.size),
            "lazuli.max_difference": f"{variant.parity.max_difference:.6g}",
            "lazuli.mean_difference": f"{variant.parity.mean_difference:.6g}",
            "lazuli.labels_differ": str(variant.parity.labels_differ),
            "lazuli.latency_ms": f"{variant.latency_us / 1000:.6g}",
            "lazuli.parent_latency_ms": f"{variant.parent_latency_us / 1000:.6g}",
        },
    }


_DONE = {
    "graph": "with nodes merged and dropped",
    "int8": "quantised dynamically to eight bits",
    "float16": "in half precision",
}


def _kept(model: Mapping[str, Any]) -> Kept:
    told = model["properties"]
    latency, before = float(told["lazuli.latency_ms"]), float(told["lazuli.parent_latency_ms"])
    return Kept(
        told["lazuli.variant"],
        f"{model['name']}:{model['version']}",
        int(told["lazuli.size"]),
        float(told["lazuli.max_difference"]),
        latency,
        before / latency if latency else 0.0,
    )
