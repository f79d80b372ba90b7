"""ONNX models: what is in a file, and trained models turned into one that answers as they do.

::

    import lazuli.onnx

    made = lazuli.onnx.export(pipeline, frame, "model.onnx")     # converted, and compared on the rows of frame
    print(made.signature, made.check.max_difference)
    print(lazuli.onnx.inspect("model.onnx").operators)
    print(lazuli.onnx.optimize("model.onnx", frame).variants)     # smaller, faster, and by how much they are off
"""

from __future__ import annotations

from lazuli.ml.onnx import (
    Check,
    Compared,
    Difference,
    Export,
    External,
    Optimized,
    OutputsDiffer,
    Port,
    Signature,
    Summary,
    Variant,
    check,
    export,
    inspect,
    optimize,
)

__all__ = [
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
