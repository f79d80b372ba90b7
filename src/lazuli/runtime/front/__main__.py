"""``python -m lazuli.runtime.front CONFIG``; with ``--check`` before it, only whether the file could take effect."""

import asyncio
import sys

from lazuli.runtime.front.front import check, serve

if sys.argv[1] == "--check":
    sys.exit(asyncio.run(check(sys.argv[2])))
sys.exit(asyncio.run(serve(sys.argv[1])))
