"""``make test`` and its kin: each suite in a pytest of its own, so that the quick ones answer first.

Fast tests and those of jobs, which start real programs, share the cores. Journeys, clients, cases and soak start
servers and programs of their own, so they run one after the other.
"""

from __future__ import annotations

import os
import sys

from steps import ROOT, Step, report, run

APART = {
    "jobs": ["tests/jobs", "tests/endpoints", "tests/examples"],
    "journeys": ["tests/journeys", "tests/docs/test_tutorials.py", "tests/docs/test_ci.py"],
    "studio": ["tests/studio"],
    "clients": ["tests/clients", "tests/azureml", "tests/runtime/test_score_mlflow.py"],
    "cases": ["tests/cases"],
    "soak": ["tests/soak"],
}
"""What the fast suite leaves out."""
SHARING = ("fast", "jobs")
"""The suites whose tests run side by side."""


BEFORE = {"studio": [Step("studio-build", [sys.executable, ROOT / "hatch_build.py"])]}
BEFORE["studio"] += [Step("studio-check", [sys.executable, ROOT / "hatch_build.py", "check"])]
"""What a suite needs built, and what it checks without pytest."""


def suite(name: str) -> Step:
    """The pytest call of one suite."""
    pytest = [sys.executable, "-m", "pytest", "--durations=5", "--durations-min=1"]
    if name not in SHARING:
        return Step(name, [*pytest, "-p", "no:xdist", *APART[name]])
    left_out = [f"--ignore={path}" for paths in APART.values() for path in paths]
    workers = os.environ.get("LAZULI_TEST_WORKERS", "auto")
    return Step(name, [*pytest, "-n", workers, *APART.get(name, ["tests", *left_out])])


def main(names: list[str]) -> int:
    """Run the named suites, all of them even when one fails. A suite without tests fails."""
    if unknown := set(names) - {"fast", *APART}:
        sys.exit(f"No such suite: {', '.join(unknown)}. There are: fast, {', '.join(APART)}.")
    outcomes = []
    for name in names:
        print(f"── {name} " + "─" * (70 - len(name)), flush=True)
        outcomes += [run(step, show=True) for step in [*BEFORE.get(name, []), suite(name)]]
    return report(outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
