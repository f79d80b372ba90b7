"""Show the longest line of a text."""

import sys
from pathlib import Path

from rich import print

print("[bold]" + max(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines(), key=len))
