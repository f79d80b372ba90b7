"""ONNX: what a model file is made of, trained models turned into one that answers as they do, and variants.

Nothing here knows a server, and of Lazuli it needs its problems alone, so that it runs in any environment. Heavy
libraries are imported by the functions that use them.
"""

from __future__ import annotations

from lazuli.ml.onnx.checked import Check, Compared, Difference, OutputsDiffer, check
from lazuli.ml.onnx.exported import Export, export
from lazuli.ml.onnx.inspected import External, Summary, inspect
from lazuli.ml.onnx.optimized import VARIANTS, Optimized, Variant, optimize
from lazuli.ml.onnx.signature import Port, Signature

__all__ = [
    "VARIANTS",
    "Check",
    "Compared",
    "Difference",
    "Export",
    "External",
    "Optimized",
    "OutputsDiffer",
    "Port",
    "Signature",
    "Summary",
    "Variant",
    "check",
    "export",
    "inspect",
    "optimize",
]
