"""ONNX: what a model file is made of.

Nothing here knows a server. Heavy libraries are imported by the functions that use them.
"""

from __future__ import annotations

from lazuli.ml.onnx.inspected import External, Summary, inspect
from lazuli.ml.onnx.signature import Port, Signature

__all__ = ["External", "Port", "Signature", "Summary", "inspect"]
