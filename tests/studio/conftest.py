"""One server with things to show, and pages of one browser, for all tests of Studio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.studio.browsing import Studio, View
from tests.studio.browsing import studio as started


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A seeded server, and a browser that is signed in."""
    with sync_playwright() as play, started(tmp_path_factory.mktemp("studio"), play) as found:
        yield found


@pytest.fixture
def view(studio: Studio) -> Iterator[View]:
    """A page that is signed in, light and 1440 × 900; what is wrong with it fails the test."""
    with studio.opened() as found:
        yield found
    assert not found.complaints, "\n".join(found.complaints)


@pytest.fixture
def page(view: View) -> Page:
    """The page alone."""
    return view.page
