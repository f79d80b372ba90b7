"""``make bench``: runs every ``benchmarks/bench_*.py``, one after the other, so that none disturbs another.

Names choose: ``python tools/bench.py warm_start`` runs ``benchmarks/bench_warm_start.py`` alone.
"""

from __future__ import annotations

import sys

from steps import ROOT, Step, report, run


def main(names: list[str]) -> int:
    """Run the named benchmarks, all of them where none is named."""
    there = {file.stem.removeprefix("bench_"): file for file in sorted((ROOT / "benchmarks").glob("bench_*.py"))}
    if unknown := set(names) - there.keys():
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(there) or 'none yet'}.")
    if not there:
        sys.exit("There is no benchmark in benchmarks/ yet.")
    chosen = names or list(there)
    return report([run(Step(name, [sys.executable, there[name]]), show=True) for name in chosen])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
