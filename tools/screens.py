"""``make screens``: a picture of every page of Studio, wide and narrow, light and dark, to be looked at.

``LAZULI_STUDIO_SEED`` names a seeded data folder whose server runs; without it one is filled, which takes minutes.
Words choose pages: ``python tools/screens.py jobs jobs-rich``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from steps import ROOT

sys.path.insert(0, str(ROOT))

from playwright.sync_api import Error, sync_playwright
from tests.studio.browsing import NARROW, WIDE, Studio, studio
from tests.studio.places import places

FOLDER = ROOT / "build" / "screens"
LOOKS = [(size, appearance) for size in (WIDE, NARROW) for appearance in ("light", "dark")]


def main(names: list[str]) -> int:
    """Take the pictures; the result is how many pages complained."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play, studio(Path(folder), play) as found:
        chosen = {name: path for name, path in places(found.garden).items() if not names or name in names}
        wrong = [said for size, look in LOOKS for said in pictures(found, chosen, size, look)]
    print(*wrong, f"{len(chosen)} pages in {FOLDER}", sep="\n")
    return int(bool(wrong))


def pictures(studio: Studio, chosen: dict[str, str], size: tuple[int, int], appearance: str) -> list[str]:
    """Pictures of one size and appearance, and what was wrong with the pages."""
    wrong: list[str] = []
    with studio.opened(size, {"appearance": appearance}) as view:
        for name, path in chosen.items():
            try:
                view.page.goto(path)
                view.settle()
                view.page.wait_for_timeout(700)  # curves and graphs come a moment after what they show
            except Error as error:
                wrong.append(f"{name} {size[0]} {appearance}: {error.message}")
            view.page.screenshot(path=FOLDER / f"{name}-{size[0]}-{appearance}.png")
            wrong += [f"{name} {size[0]} {appearance}: {each}" for each in view.complaints]
            view.complaints.clear()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
