"""How many public files of SDK v1 run here: ``python -m tools.v1_coverage FILES_CSV`` counts, ``--record`` renews.

FILES_CSV has a row per file: its v1 symbols, and the keyword arguments that it gives to each. A file is *working* where
each of its symbols, with those words, is one that a test in tests/azureml runs; *declared* where each is at least
there; *missing* otherwise. What the tests run is written in tests/azureml/covered.json.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tools.v1_names import Record, state

ROOT = Path(__file__).parents[1]

RECORD = ROOT / "tests" / "azureml" / "covered.json"
_STATES = ("working", "declared", "missing")
_SHOWN = 25


def main(arguments: list[str] | None = None) -> int:
    """Print the shares; 1 where fewer files than the target work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("files", nargs="?", type=Path, metavar="FILES_CSV")
    parser.add_argument("--target", type=float, default=55.0, help="the share of working files, in percent (55)")
    parser.add_argument("--record", action="store_true", help="run tests/azureml and write what they run")
    chosen = parser.parse_args(arguments)
    if not chosen.record and chosen.files is None:
        parser.error("give FILES_CSV, or --record")
    if chosen.record and (failed := _record()):
        return failed
    return _count(chosen.files, chosen.target) if chosen.files else 0


def _record() -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "tests/azureml"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "LAZULI_V1_RECORD": str(RECORD)}, check=False
    ).returncode


def _count(table: Path, target: float) -> int:
    record: Record = json.loads(RECORD.read_text(encoding="utf-8"))
    judged = functools.cache(lambda symbol, words: state(symbol, words, record))
    totals: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    used: Counter[str] = Counter()
    with table.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            words = json.loads(row["kwargs"] or "{}")
            states = {name: judged(name, tuple(words.get(name, ()))) for name in row["v1_symbols"].split()}
            totals[max(states.values(), key=_STATES.index, default="working")] += 1
            lacking = [name for name, found in states.items() if found != "working"]
            used.update(lacking)
            if len(lacking) == 1:
                alone[_told(lacking[0], states[lacking[0]])] += 1
    files = sum(totals.values())
    for word in _STATES:
        print(f"{word:9} {totals[word]:5}  {100 * totals[word] / files:5.1f} %")
    print(f"\nwhat alone keeps most files from working:\n{_listed(alone)}")
    print(f"\nwhat most files lack:\n{_listed(used)}")
    share = 100 * totals["working"] / files
    if share < target:
        print(f"\n{share:.1f} % of {files} files work, fewer than the {target:g} % aimed at.")
    return int(share < target)


def _told(symbol: str, found: str) -> str:
    return f"{symbol} ({found})"


def _listed(counted: Counter[str]) -> str:
    return "\n".join(f"{number:5}  {name}" for name, number in counted.most_common(_SHOWN)) or "  nothing"


if __name__ == "__main__":
    sys.exit(main())
