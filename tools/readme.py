"""Prints the commands that README.md promises: the fenced block after the line ``<!-- the two commands -->``.

``.ci/run`` runs exactly what this prints, so that README and CI cannot drift apart.
"""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"^<!-- the two commands -->\n+```(?:bash|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """The commands, one a line, without comments. Raises ``ValueError`` where the block is missing or empty."""
    found = BLOCK.findall(text)
    lines = [line.split(" #")[0].strip() for line in "".join(found).splitlines()]
    if len(found) != 1 or not any(lines):
        raise ValueError("README.md must hold one fenced block after '<!-- the two commands -->'.")
    return [line for line in lines if line]


if __name__ == "__main__":
    print(*commands(README.read_text(encoding="utf-8")), sep="\n")
