"""The page at the server's own address."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.server.conftest import Served

import lazuli
from lazuli.server.welcome import not_built


def test_the_address_that_is_printed_leads_to_a_page(served: Served) -> None:
    page = served.nobody.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert lazuli.__version__ in page.text
    for command in ("lazuli job create", "lazuli client-env", "azure.ai.ml", "mlflow"):
        assert command in page.text
    assert "lazuli studio" in page.text and "was not built" not in page.text
    assert "was not built" in bytes(not_built().body).decode()


@pytest.mark.parametrize("built", [True, False])
def test_a_browser_is_led_to_studio_where_there_is_one(
    served: Served, built: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lazuli.server.welcome.is_built", lambda: built)
    answer = served.nobody.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.headers.get("location")) == ((307, "/studio/") if built else (200, None))
    assert served.nobody.get("/").status_code == 200 and answer.headers["vary"] == "Accept"


def test_the_page_loads_nothing_runs_nothing_and_tells_no_secret(served: Served) -> None:
    page = served.nobody.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not re.search(r"<script|<img|<link|\bsrc=|\bhref=|url\(|@import|https?:", page.text)
    assert served.token not in page.text
    assert str(served.folder) not in page.text


def test_nothing_of_the_address_is_said_back(served: Served) -> None:
    assert "<b>" not in served.nobody.get("/studio/%3Cb%3Ehello").text


def test_the_address_that_a_job_names_for_the_studio_is_there(served: Served, admin: httpx.Client) -> None:
    studio = admin.get("/discovery").json()["studio"]
    assert served.nobody.get(httpx.URL(studio).path, follow_redirects=True).status_code == 200
