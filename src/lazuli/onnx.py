"""ONNX models: what is in a file.

::

    import lazuli.onnx

    print(lazuli.onnx.inspect("model.onnx").signature)
"""

from __future__ import annotations

from lazuli.ml.onnx import External, Port, Signature, Summary, inspect

__all__ = ["External", "Port", "Signature", "Summary", "inspect"]
