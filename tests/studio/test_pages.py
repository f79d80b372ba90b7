"""Every page, opened with things to show: it says what it is, and complains of nothing, however it is looked at."""

from __future__ import annotations

import pytest
from tests.studio.browsing import NARROW, WIDE, Studio
from tests.studio.places import places

LOOKS = {
    "light": (WIDE, {"appearance": "light"}),
    "dark": (NARROW, {"appearance": "dark"}),
    "chinese": (NARROW, {"language": "zh"}),
}
STICKING_OUT = """() => {
  const wide = [document.documentElement, document.querySelector('main'), ...document.querySelectorAll('main > *')];
  return wide.filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML.slice(0, 80));
}"""
"""What is wider than its place, so that the page scrolls sideways."""
WORDS = """() => {
  const found = [...document.querySelectorAll('main :is(button, [role=tab], [role=columnheader], th, label, h2, h3)')];
  const texts = found.filter((each) => !each.querySelector('a, code')).map((each) => each.innerText.trim());
  return [...new Set(texts.filter((text) => / /.test(text) && /^[A-Z][a-z ,.’'-]+$/.test(text)))];
}"""
"""Texts of more than one English word, on what is Studio's and not the user's."""


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("name", sorted(places("")))
def test_a_page(studio: Studio, name: str) -> None:
    """Title and heading, nothing that shuts anybody out, nothing wider than the window, no word left in English."""
    wrong: list[str] = []
    for look, (size, said) in LOOKS.items():
        with studio.opened(size, said) as view:
            view.page.goto(places(studio.garden)[name])
            view.settle()
            heading = view.page.locator("h1")
            assert heading.count() == 1 and heading.inner_text().strip()
            assert view.page.title() != "Lazuli Studio" and "Lazuli" in view.page.title()
            found = [*view.complaints, *(f"is too wide: {each}" for each in view.page.evaluate(STICKING_OUT))]
            found += [f"in English: {each}" for each in view.page.evaluate(WORDS)] if look == "chinese" else view.axe()
            wrong += [f"{look}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)
