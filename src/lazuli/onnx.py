"""ONNX models: what is in a file, and trained models turned into one that answers as they do.

::

    import lazuli.onnx

    made = lazuli.onnx.export(pipeline, frame, "model.onnx")     # converted, and compared on the rows of frame
    print(made.signature, made.check.max_difference)
    print(lazuli.onnx.inspect("model.onnx").operators)
    print(lazuli.onnx.optimize("model.onnx", frame).variants)     # smaller, faster, and by how much they are off
    lazuli.onnx.app_kit("model.onnx", "csharp", "kit")            # a project with typed inputs and outputs
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
from lazuli.ml.onnx.appkit import Kit, app_kit

__all__ = [
    "Check",
    "Compared",
    "Difference",
    "Export",
    "External",
    "Kit",
    "Optimized",
    "OutputsDiffer",
    "Port",
    "Signature",
    "Summary",
    "Variant",
    "app_kit",
    "check",
    "export",
    "inspect",
    "optimize",
]
