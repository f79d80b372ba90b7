"""ONNX models: what is in a file, and trained models turned into one that answers as they do.

::

    import lazuli.onnx

    made = lazuli.onnx.export(pipeline, frame, "model.onnx")     # converted, and compared on the rows of frame
    print(made.signature, made.check.max_difference)
    print(lazuli.onnx.export_registered("credit:3").model)       # by a job in the model's own environment
    print(lazuli.onnx.inspect("model.onnx").operators)
    print(lazuli.onnx.optimize("model.onnx", frame).variants)     # smaller, faster, and by how much they are off
    lazuli.onnx.app_kit("model.onnx", "csharp", "kit")            # a project with typed inputs and outputs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from lazuli.client.client import Client
    from lazuli.client.onnx_jobs import Exported

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
    "export_registered",
    "inspect",
    "optimize",
]


def export_registered(
    model: str, *, name: str = "", sample: str = "", workspace: str = "", client: Client | None = None, **wishes: Any
) -> Exported:
    """Export a model of the workspace by a job in its own environment, and register the ONNX file as ``name``.

    ``model`` is ``NAME:VERSION``; ``sample`` a local file of rows to compare on, or ``azureml:DATA:VERSION``.
    ``wishes`` are ``environment``, ``framework``, ``compute``, ``force`` and ``dynamic`` (``("tokens=1",)``). Returns
    when the job has ended. Raises what the export tells: where answers differ, an ``InvalidInput`` of the code
    ``OutputsDiffer``.
    """
    from lazuli.client.client import Client
    from lazuli.client.onnx_jobs import ExportWishes, export_model
    from lazuli.client.profile import find

    asked = ExportWishes(name=name, sample=sample, **wishes)
    if client is not None:
        return export_model(client, model, asked)
    with Client(find(workspace=workspace)) as own:
        return export_model(own, model, asked)
