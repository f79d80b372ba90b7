"""``python -m lazuli.runtime.front.alone MODEL``: an endpoint with one ONNX model and no server beside it, in an image.

Variables say the rest: ``SERVER_PORT`` (5001), ``SERVICE_NAME``, ``LAZULI_PRIMARY_KEY`` and ``LAZULI_SECONDARY_KEY``
(without either nobody is asked for one), ``LAZULI_TIMEOUT_MS`` (5000) and ``LAZULI_ONNX_THREADS``, ``…_BATCH``,
``…_RUNNERS``, ``…_WAITING`` as for a deployment.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lazuli.runtime.front.front import serve

__all__ = ["table"]

_TUNED = ("threads", "runners", "batch", "waiting")


def table(model: str, variables: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What the front is to know. Raises :class:`ValueError` for a variable that is no number."""
    name = variables.get("SERVICE_NAME") or "model"
    keys = [variables.get(f"LAZULI_{word}_KEY", "") for word in ("PRIMARY", "SECONDARY")]
    tuned = {word: int(said) for word in _TUNED if (said := variables.get(f"LAZULI_ONNX_{word.upper()}"))}
    said = {"kind": "onnx", "model": model, "timeout_ms": int(variables.get("LAZULI_TIMEOUT_MS") or 5000), **tuned}
    return {
        "endpoint": name,
        "address": ["0.0.0.0", int(variables.get("SERVER_PORT") or 5001)],  # noqa: S104  (a container's own)
        "control": str(folder / "front.sock"),
        "auth": "key" if any(keys) else "none",
        "keys": [hashlib.sha256(key.encode()).hexdigest() for key in keys if key],
        "traffic": {name: 100},
        "deployments": {name: said},
    }


def main(model: str) -> int:
    """Serve it until SIGTERM. The exit code."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "front.json")
        try:
            file.write_text(json.dumps(table(model, os.environ, Path(folder))), encoding="utf-8")
        except ValueError as wrong:
            print(f"A variable is no number: {wrong}", file=sys.stderr, flush=True)
            return 3
        return asyncio.run(serve(str(file)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
