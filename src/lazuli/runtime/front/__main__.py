"""``python -m lazuli.runtime.front CONFIG``."""

import asyncio
import sys

from lazuli.runtime.front.front import serve

sys.exit(asyncio.run(serve(sys.argv[1])))
