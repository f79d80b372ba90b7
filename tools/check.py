"""``make check``: everything that can be said of the code without running it."""

from __future__ import annotations

import sys

from steps import BIN, Step, report, run_together

STEPS = [
    Step("types", [BIN / "pyright"]),
    Step("lint", [BIN / "ruff", "check", "--quiet", "."], mend="make fix mends the simple ones"),
    Step("format", [BIN / "ruff", "format", "--check", "."], mend="make fix"),
    Step("floors", [BIN / "lint-imports", "--no-logo", "--no-cache"]),
    Step("reference", [sys.executable, "tools/contract.py", "--check"], mend="make contract"),
]

if __name__ == "__main__":
    sys.exit(report(run_together(STEPS)))
