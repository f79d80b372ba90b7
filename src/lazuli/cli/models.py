"""``lazuli model``: the verbs of the table, and those that only models have."""

from __future__ import annotations

from lazuli.cli.appkit import app_kit
from lazuli.cli.nouns import group_of
from lazuli.cli.onnx import export, inspect, optimize
from lazuli.cli.package import package

__all__ = ["model"]

model = group_of("model")
model.add_command(inspect)
model.add_command(export)
model.add_command(optimize)
model.add_command(package)
model.add_command(app_kit)
