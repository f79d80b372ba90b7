"""Keeps ``docs/reference/openapi.json`` equal to what the server serves.

``contract.py`` writes the file from the routes; ``contract.py --check`` refuses a difference and shows it.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

CONTRACT = Path(__file__).resolve().parent.parent / "docs" / "reference" / "openapi.json"
SHOWN = 60
"""How many lines of a difference are shown: enough to see what it is about."""


def described() -> str:
    """The API description as the file holds it: stable order, one item a line, so that a change is easy to review."""
    from lazuli.server import openapi

    return json.dumps(openapi.description(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def difference(old: str, new: str) -> list[str]:
    """The changed lines with a little of what is around them; empty when both are equal."""
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), "openapi.json", "the routes", "", "", 2, ""))


def check() -> int:
    """Tell how the file differs from the routes; 0 when it does not."""
    old = CONTRACT.read_text(encoding="utf-8") if CONTRACT.exists() else ""
    lines = difference(old, described())
    if not lines:
        return 0
    print(*lines[:SHOWN], sep="\n")
    if len(lines) > SHOWN:
        print(f"... and {len(lines) - SHOWN} more lines")
    print("\nThe API description differs from the routes. Is the change meant? Then: make contract")
    return 1


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit(check())
    CONTRACT.parent.mkdir(parents=True, exist_ok=True)
    CONTRACT.write_text(described(), encoding="utf-8")
