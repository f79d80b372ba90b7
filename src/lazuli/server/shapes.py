"""The shapes of answers that are no documents, as the API description tells them: what pages of Studio are made of.

A shape is said in a few words: ``{"total": int, "rows": ["JobRow"]}``. A ``?`` behind a word says that it may be null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["SHAPES"]

_SAID: Mapping[str, Mapping[str, Any]] = {
    "JobRow": {
        "name": str,
        "displayName": str,
        "experiment": str,
        "type": str,
        "status": str,
        "reason?": str,
        "compute?": str,
        "createdBy": str,
        "created": int,
        "started?": int,
        "ended?": int,
        "parent?": str,
        "archived": bool,
        "tags": {"*": str},
        "values": {"*": "Value"},
    },
    "JobPage": {"total": int, "rows": ["JobRow"]},
    "CountedWord": {"name": str, "count": int},
    "JobWords": {
        word: ["CountedWord"]
        for word in ("metrics", "params", "tags", "experiments", "statuses", "computes", "users", "types")
    },
    "FileEntry": {"name": str, "path": str, "isFolder": bool, "size?": int, "modified?": int},
    "FileTree": {"value": ["FileEntry"]},
    "TextWindow": {"path": str, "size": int, "offset": int, "next": int, "text": str},
    "TextMatch": {"offset": int, "line": int, "start": int, "text": str},
    "TextMatches": {"path": str, "matches": ["TextMatch"], "more": bool, "next": int},
    "MetricSummary": {
        "key": str,
        "last": "Value",
        "min?": "Value",
        "max?": "Value",
        "count": int,
        "firstStep": int,
        "lastStep": int,
        "firstTime": int,
        "lastTime": int,
    },
    "MetricSummaries": {"value": ["MetricSummary"]},
    "MetricCurve": {"run": str, "key": str, "steps": [int], "times": [int], "values": ["Value"]},
    "MetricCurves": {"curves": ["MetricCurve"]},
    "ChartShot": {"path": str, "step": int, "time": int, "thumbnail?": str},
    "JobChart": {"kind": str, "name": str, "path": str, "shots": ["ChartShot"]},
    "JobCharts": {"value": ["JobChart"]},
    "ExperimentRow": {
        "name": str,
        "id?": str,
        "jobs": int,
        "created?": int,
        "lastJob?": int,
    },
    "ExperimentRows": {"value": ["ExperimentRow"]},
    "FoundThing": {"kind": str, "name": str, "version": str, "within": str, "label": str, "detail": str, "at": int},
    "FoundThings": {"value": ["FoundThing"]},
    "OverviewJob": {
        "name": str,
        "displayName": str,
        "experiment": str,
        "type": str,
        "status": str,
        "reason?": str,
        "compute?": str,
        "parent?": str,
        "createdBy": str,
        "created": int,
    },
    "Concern": {
        "kind": str,
        "name": str,
        "version": str,
        "within": str,
        "why": str,
        "at": int,
        "severity": str,
    },
    "Overview": {
        "counts": {"*": int},
        "statuses": {"*": int},
        "running": ["OverviewJob"],
        "waiting": ["OverviewJob"],
        "recent": ["OverviewJob"],
        "attention": ["Concern"],
    },
    "FileFacts": {"name": str, "size": int, "modifiedAt": int},
    "Folder": {"path": str, "folders": [str], "files": ["FileFacts"], "next": str},
    "PreviewColumn": {"name": str, "type?": str, "kind": str},
    "Preview": {
        "kind": str,
        "path": str,
        "name?": str,
        "size?": int,
        "modifiedAt?": int,
        "format?": str,
        "encoding?": str,
        "delimiter?": str,
        "hasHeader?": bool,
        "source?": str,
        "columns": ["PreviewColumn"],
        "rows": [[Any]],
        "totalColumns": int,
        "totalRows?": int,
        "isEstimate": bool,
        "isWhole": bool,
        "notes": [str],
        "text?": str,
        "offset?": int,
        "nextOffset?": int,
        "contentType?": str,
        "folders": [str],
        "files": ["FileFacts"],
        "next?": str,
    },
    "CountedValue": {"value": str, "count": int},
    "HistogramBin": {"from": float, "to": float, "count": int},
    "ColumnSpread": dict.fromkeys(("min", "q1", "median", "q3", "max", "mean", "std"), "Value"),
    "ColumnProfile": {
        "name": str,
        "type?": str,
        "kind": str,
        "count": int,
        "missing": int,
        "distinct": int,
        "infinite": int,
        "top": ["CountedValue"],
        "histogram": ["HistogramBin"],
        "spread?": "ColumnSpread",
    },
    "Profile": {
        "path": str,
        "rowsRead": int,
        "totalRows?": int,
        "isEstimate": bool,
        "isWhole": bool,
        "totalColumns": int,
        "columns": ["ColumnProfile"],
        "notes": [str],
    },
    "JournalEntry": {"at": int, "by": str, "event": str, "detail": {"*": Any}},
    "Journal": {"value": ["JournalEntry"]},
    "QueuedJob": {
        "name": str,
        "displayName": str,
        "experiment": str,
        "status": str,
        "reason?": str,
        "nodes": int,
        "createdBy": str,
        "since": int,
    },
    "ComputeQueue": {
        "compute": str,
        "nodes": int,
        "ready": int,
        "closed?": str,
        "waitingInAll": int,
        "running": ["QueuedJob"],
        "waiting": ["QueuedJob"],
    },
    "ModelFile": {"path": str, "size": int, "modifiedAt": int},
    "OnnxPort": {"name": str, "type": str, "shape?": [Any]},
    "OnnxExternal": {"location": str, "tensors": int, "isThere": bool},
    "MlflowSummary": {
        "flavors": {"*": {"*": Any}},
        "inputs": Any,
        "outputs": Any,
        "params": Any,
        "facts": {"*": str},
    },
    "ModelVariant": {"name": str, "version": str, "measured": {"*": str}},
    "ModelSummary": {
        "files": ["ModelFile"],
        "size": int,
        "isCut": bool,
        "onnx": ["OnnxSummary"],
        "mlflow?": "MlflowSummary",
        "variantOf?": str,
        "measured": {"*": str},
        "variants": ["ModelVariant"],
    },
    "View": {"name": str, "content": {"*": Any}, "modified": int},
    "Views": {"value": ["View"]},
    "AskedSpan": {
        "at": int,
        "deployment": str,
        "count": int,
        "failed": int,
        "mirrored": int,
        "p50": float,
        "p95": float,
        "p99": float,
    },
    "AskedOfLate": {"step": int, "spans": ["AskedSpan"], "isCut": bool},
    "InstanceRow": {"name": str, "of": str, "phase": str, "since": int, "failures": int},
    "InstanceRows": {"value": ["InstanceRow"]},
}

_ONNX: Mapping[str, Any] = {
    "path": str,
    "size": int,
    "problem?": str,
    "ir_version": int,
    "producer": str,
    "producer_version": str,
    "name": str,
    "description": str,
    "inputs": ["OnnxPort"],
    "outputs": ["OnnxPort"],
    "opsets": {"*": int},
    "metadata": {"*": str},
    "nodes": int,
    "operators": {"*": int},
    "parameters": int,
    "external": ["OnnxExternal"],
    "measured": {"*": Any},
}

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _shape(said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        return {"$ref": f"#/components/schemas/{said}"}
    if isinstance(said, list):
        return {"type": "array", "items": _shape(said[0])}
    if said is Any:
        return {}
    if not isinstance(said, Mapping):
        return {"type": _PLAIN[said]}
    if "*" in said:
        return {"type": "object", "additionalProperties": _shape(said["*"])}
    properties = {word.rstrip("?"): _or_null(said[word]) if word.endswith("?") else _shape(said[word]) for word in said}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _or_null(said: Any) -> dict[str, Any]:
    return {"anyOf": [_shape(said), {"type": "null"}]}


SHAPES: dict[str, dict[str, Any]] = {
    "Value": {
        "description": "A text or a number; NaN and the infinities are the texts NaN, Infinity and -Infinity.",
        "type": ["string", "number"],
    },
    **{name: _shape(said) for name, said in _SAID.items()},
    "OnnxSummary": {
        **_shape(_ONNX),
        "description": "What an ONNX file is made of; where it cannot be read, only path, size and problem.",
        "required": ["path", "size", "problem"],
    },
}
"""The schemas by their names."""
