"""Every page, opened with things to show: it says what it is, and complains of nothing, however it is looked at."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.studio.browsing import NARROW, WIDE, Studio, View
from tests.studio.places import places

NAMES = sorted(places(""))


def look(studio: Studio, name: str, view: View) -> Page:
    """Open a page and wait until it is there."""
    view.page.goto(places(studio.garden)[name])
    view.settle()
    return view.page


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("name", NAMES)
def test_a_page(studio: Studio, name: str) -> None:
    """Title and heading, and nothing that shuts anybody out, light and dark."""
    wrong: list[str] = []
    for appearance in ("light", "dark"):
        with studio.opened(appearance=appearance) as view:
            page = look(studio, name, view)
            heading = page.locator("h1")
            assert heading.count() == 1 and heading.inner_text().strip()
            assert page.title() != "Lazuli Studio" and "Lazuli" in page.title()
            wrong += [f"{appearance}: {each}" for each in view.axe()]
            wrong += view.complaints
    assert not wrong, "\n".join(wrong)


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_is_wider_than_its_window(studio: Studio, size: tuple[int, int]) -> None:
    """And each has its heading in sight."""
    wide: list[str] = []
    with studio.opened(size) as view:
        for name in NAMES:
            page = look(studio, name, view)
            if sticking_out := page.evaluate(STICKING_OUT):
                wide.append(f"{name}: {sticking_out}")
    assert not wide, "\n".join(wide)


STICKING_OUT = """() => {
  const wide = [document.documentElement, document.querySelector('main'), ...document.querySelectorAll('main > *')];
  return wide.filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.outerHTML.slice(0, 80));
}"""


@pytest.mark.needs("chromium")
def test_every_page_speaks_chinese(studio: Studio) -> None:
    """Headings, buttons, tabs, columns and labels have words in Chinese, where they are words of Studio's."""
    english: list[str] = []
    with studio.opened(language="zh") as view:
        for name in NAMES:
            page = look(studio, name, view)
            said = page.locator("main").evaluate(WORDS)
            english += [f"{name}: {each}" for each in said if each not in NAMES_OF_THINGS]
        assert view.page.locator("html").get_attribute("lang") == "zh-CN"
    assert not english, "\n".join(english)


WORDS = """(main) => {
  const found = [...main.querySelectorAll('button, [role=tab], [role=columnheader], th, label, h2, h3')];
  const texts = found.filter((each) => !each.querySelector('a, code')).map((each) => each.innerText.trim());
  return [...new Set(texts.filter((text) => / /.test(text) && /^[A-Z][a-z ,.’'-]+$/.test(text)))];
}"""
"""Texts of more than one English word, on what is Studio's and not the user's."""
NAMES_OF_THINGS = {"Azure ML", "Python SDK"}
