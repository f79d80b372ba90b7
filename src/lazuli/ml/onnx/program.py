"""``python -m lazuli.ml.onnx.program``: export of one model, in a process and a Python of its own.

Its answer is a file, as JSON: what was made, or the problem as REST says it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.exported import export
from lazuli.ml.onnx.loaded import load_model, place_of
from lazuli.ml.onnx.sampled import rows_for
from lazuli.schema.problems import InvalidInput, Problem, to_envelope

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Export as the command line says; 0 where the file is written."""
    parser = argparse.ArgumentParser(prog="lazuli.ml.onnx.program", description="Export a trained model to ONNX.")
    parser.add_argument("source", help="a folder of MLflow, or a pickled model")
    parser.add_argument("file", help="the ONNX file to be written")
    parser.add_argument("--sample", help="a file of rows to compare on: .csv, .parquet, .json, .npy or .npz")
    parser.add_argument("--dynamic", action="append", default=[], metavar="INPUT=AXIS", help="a dimension that varies")
    parser.add_argument("--force", action="store_true", help="write it even where the answers differ")
    parser.add_argument("--report", required=True, help="the file that the answer is written to")
    said = parser.parse_args(words)
    answer = _answer(said)
    Path(said.report).write_text(json.dumps(answer), encoding="utf-8")
    if "error" in answer:
        first = answer["error"]["message"].partition("\n")[0]
        sys.stderr.write(f"{first}\n")
    return 1 if "error" in answer else 0


def _answer(said: argparse.Namespace) -> dict[str, Any]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's greetings
    warnings.simplefilter("ignore")  # those of converters are no news to who exports
    try:
        source = place_of(said.source)
        model = load_model(source)
        is_onnx = type(model).__name__ == "ModelProto"
        rows = None if is_onnx else rows_for(model, source, said.sample)
        made = export(model, rows, said.file, force=said.force, dynamic=_dynamic(said.dynamic))
    except Problem as problem:
        return {"status": problem.status, **to_envelope(problem)}
    differences = [str(each) for each in made.check.differences]
    return {
        "file": said.file,
        **asdict(made.signature),
        "check": {**made.check.as_dict(), "differences": differences},
    }


def _dynamic(said: Sequence[str]) -> dict[str, list[int]] | None:
    """``tokens=1`` as the dimensions that vary. Raises :class:`InvalidInput` for anything else."""
    found: dict[str, list[int]] = {}
    for each in said:
        name, _, axis = each.rpartition("=")
        if not name or not axis.isdecimal():
            raise InvalidInput(f"'{each}' names no dimension.", target="--dynamic", mend="Write it as INPUT=AXIS.")
        found.setdefault(name, []).append(int(axis))
    return found or None


if __name__ == "__main__":
    raise SystemExit(main())
