"""``make lock``: resolves the dependencies into ``requirements/``, for Python 3.11 to 3.13 and every platform at once.

Pins stay as they are where they still fit; ``lock.py --upgrade`` takes the newest.

``dev.txt`` holds everything and is resolved first; ``demo.txt`` (what runs Lazuli) and ``bootstrap.txt`` (what pip
installs first) are parts of it, held to the same versions. Hashes, but no address of any package registry: a lock
must work with whatever registry or mirror the reader uses.
"""

from __future__ import annotations

import subprocess
import sys

from steps import BIN, ROOT

COMMON = [
    *(BIN / "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"),
]
LOCKS = {
    "dev.txt": ["pyproject.toml", "--all-extras", "--group", "dev"],
    "demo.txt": ["pyproject.toml", "--extra", "demo", "--group", "build", "--constraint", "requirements/dev.txt"],
    "bootstrap.txt": ["requirements/bootstrap.in", "--constraint", "requirements/dev.txt"],
}

if __name__ == "__main__":
    for name, sources in LOCKS.items():
        subprocess.run(
            [*COMMON, *sources, "--output-file", f"requirements/{name}", *sys.argv[1:]], cwd=ROOT, check=True
        )
