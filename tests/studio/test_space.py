"""The trials of a sweep in three dimensions: turned by mouse and keys, told at the mouse, and as a table."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect
from tests.studio.browsing import Studio, View

INKED = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum = (sum * 31 + data[at] + data[at + 3] * (at % 251)) % 1000000007;
  return sum;
}"""
"""What a canvas shows, as one number."""


def _shown(picture: Locator) -> int:
    found: int = picture.locator("canvas").evaluate(INKED)
    return found


@pytest.mark.needs("chromium")
def test_trials_are_turned_and_told(studio: Studio, view: View) -> None:
    """Keys turn the box and bring it back, walk through the trials, and open one; the table says the same."""
    page = view.page
    page.goto(f"{studio.garden}/jobs/sweep/trials")
    picture = page.get_by_role("application", name="accuracy over")
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    first = _shown(picture)
    picture.press("ArrowLeft")
    picture.press("ArrowUp")
    assert _shown(picture) != first
    picture.press("Home")
    assert _shown(picture) == first
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 300, steps=4)
    page.mouse.up()
    assert _shown(picture) != first
    picture.press("PageDown")
    tip = picture.get_by_role("status")
    expect(tip).to_contain_text("accuracy: 0.")
    expect(tip).to_contain_text("depth: ")
    assert not view.axe()
    page.get_by_role("button", name="As a table").click()
    table = page.get_by_role("grid", name="accuracy over")
    expect(table.get_by_role("row")).to_have_count(13)
    page.get_by_role("button", name="As a table").click()
    picture.press("PageDown")
    picture.press("Enter")
    page.wait_for_url("**/jobs/sweep_*")


@pytest.mark.needs("chromium")
def test_a_link_shows_runs_in_space(studio: Studio, view: View) -> None:
    """The third axis lies in the address, and taking it away leaves the flat picture."""
    page = view.page
    page.goto(f"{studio.garden}/compare?runs=rich,other,sweep_0&tab=scatter&z=params.lr")
    expect(page.get_by_role("application")).to_be_visible()
    assert not view.axe()
    page.get_by_label("Into the depth").select_option("nothing")
    expect(page.get_by_role("application")).to_have_count(0)
    assert "z=" not in page.url
