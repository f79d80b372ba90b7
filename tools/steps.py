"""Runs named commands and tells shortly how each went."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One command, the name it goes by, and how to mend what it complains about."""

    name: str
    command: Sequence[str | Path]
    mend: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a step went. ``output`` is empty where it was shown while the step ran."""

    step: Step
    status: int
    seconds: float
    output: str = ""


def run(step: Step, *, show: bool = False) -> Outcome:
    """Run one step in the repository's root; ``show`` passes its output on as it comes, else it is kept."""
    start = time.monotonic()
    to, errors = (None, None) if show else (subprocess.PIPE, subprocess.STDOUT)
    done = subprocess.run(
        step.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=to, stderr=errors, text=True, check=False
    )
    return Outcome(step, done.returncode, time.monotonic() - start, done.stdout or "")


def run_together(steps: Sequence[Step]) -> list[Outcome]:
    """Run the steps side by side."""
    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def report(outcomes: Sequence[Outcome]) -> int:
    """Print what failed, then a table of all; the result is the exit status."""
    failed = [outcome for outcome in outcomes if outcome.status]
    for outcome in failed:
        if outcome.output:
            print(f"── {outcome.step.name} " + "─" * (70 - len(outcome.step.name)), outcome.output.rstrip(), sep="\n")
    print()
    for outcome in outcomes:
        mend = f"   mend: {outcome.step.mend}" if outcome.status and outcome.step.mend else ""
        print(f"  {'FAIL' if outcome.status else 'ok':5} {outcome.step.name:22} {outcome.seconds:6.1f} s{mend}")
    return 1 if failed else 0
