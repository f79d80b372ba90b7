"""``make test`` and its kin: each suite in a pytest of its own, so that the quick ones answer first.

Fast tests share the cores. Journeys, clients, cases and soak start servers and programs of their own, so they run one
after the other.
"""

from __future__ import annotations

import os
import sys

from steps import Step, report, run

APART = ("journeys", "clients", "cases", "soak")
"""Folders of ``tests/`` that the fast suite leaves out."""


def suite(name: str) -> Step:
    """The pytest call of one suite."""
    pytest = [sys.executable, "-m", "pytest", "--durations=5", "--durations-min=1"]
    if name in APART:
        return Step(name, [*pytest, "-p", "no:xdist", f"tests/{name}"])
    workers = os.environ.get("LAZULI_TEST_WORKERS", "auto")
    return Step(name, [*pytest, "-n", workers, "tests", *(f"--ignore=tests/{folder}" for folder in APART)])


def main(names: list[str]) -> int:
    """Run the named suites, all of them even when one fails. A suite without tests fails."""
    if unknown := set(names) - {"fast", *APART}:
        sys.exit(f"No such suite: {', '.join(unknown)}. There are: fast, {', '.join(APART)}.")
    outcomes = []
    for name in names:
        print(f"── {name} " + "─" * (70 - len(name)), flush=True)
        outcomes.append(run(suite(name), show=True))
    return report(outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
