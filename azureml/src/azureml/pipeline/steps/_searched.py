"""The program of the step that follows a :class:`HyperDriveStep`: it puts what the search left where others find it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from azureml.core import Run


def main(words: list[str]) -> None:
    """Put the metrics of all trials, and files of the best one, at the paths that the words name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step")
    parser.add_argument("--metrics", action="append", default=[])
    parser.add_argument("--model", action="append", default=[], nargs=2)
    said = parser.parse_args(words)
    search = _search(said.step)
    for path in said.metrics:
        _made(path).write_text(json.dumps(_listed(search.get_metrics())), encoding="utf-8")
    if said.model:
        best = search.get_best_run_by_primary_metric()
        if best is None:
            raise SystemExit("No trial logged the primary metric, so none is the best.")
        for path, name in said.model:
            _bring(best, name, _made(path))


def _search(step: str) -> Any:
    from azureml.pipeline.core import PipelineRun
    from azureml.pipeline.steps.hyper_drive_step import HyperDriveStepRun

    own = Run.get_context(allow_offline=False)
    (found,) = PipelineRun(own.experiment, own.parent.id).find_step_run(step)
    return HyperDriveStepRun(found)


def _listed(metrics: dict[str, dict[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    return {
        run: {name: value if isinstance(value, list) else [value] for name, value in said.items()}
        for run, said in metrics.items()
    }


def _bring(best: Run, name: str, target: Path) -> None:
    """One file of a run, or all below a folder of its files."""
    names = best.get_file_names()
    if name in names:
        best.download_file(name, str(target))
        return
    below = [each for each in names if each.startswith(f"{name.rstrip('/')}/")]
    if not below:
        raise SystemExit(f"The best trial, {best.id}, has no file '{name}'. It has: {', '.join(names) or 'none'}.")
    with tempfile.TemporaryDirectory() as folder:
        for each in below:
            best.download_file(each, f"{folder}/{each}")
        shutil.copytree(f"{folder}/{name.rstrip('/')}", target)


def _made(path: str) -> Path:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


if __name__ == "__main__":
    main(sys.argv[1:])
