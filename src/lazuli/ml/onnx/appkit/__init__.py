"""App kits: an ONNX model as a small project with typed inputs and outputs, in Python, C# or JavaScript.

The projects are the templates beside this file, one folder a language.
"""

from __future__ import annotations

from lazuli.ml.onnx.appkit.kit import Kit, app_kit
from lazuli.ml.onnx.appkit.languages import LANGUAGES

__all__ = ["LANGUAGES", "Kit", "app_kit"]
