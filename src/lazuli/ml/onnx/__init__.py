"""ONNX: what a model file is made of, trained models turned into one, and whether it answers as they do.

Nothing here knows a server, and of Lazuli it needs its problems alone, so that it runs in any environment. Heavy
libraries are imported by the functions that use them.
"""

from __future__ import annotations

from lazuli.ml.onnx.checked import Check, Compared, Difference, OutputsDiffer, check
from lazuli.ml.onnx.exported import Export, export
from lazuli.ml.onnx.inspected import External, Summary, inspect
from lazuli.ml.onnx.signature import Port, Signature

__all__ = [
    "Check",
    "Compared",
    "Difference",
    "Export",
    "External",
    "OutputsDiffer",
    "Port",
    "Signature",
    "Summary",
    "check",
    "export",
    "inspect",
]
