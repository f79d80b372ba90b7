"""Names, values, logs and files that carry scripts: shown as they are, and none of them runs."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page
from tests.studio.browsing import Studio, View
from tests.studio.seeds.train import hostile

TABS = ("overview", "metrics", "images", "charts", "outputs", "code", "lineage", "environment", "events")
FILES = ("notes.md", "rows.csv", "said.json", "<img src=x onerror=alert(1)>.txt")
ALIVE = """() => [...document.querySelectorAll('*')].filter((each) =>
  [...each.attributes].some(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value))
  || (each.tagName === 'SCRIPT' && !each.src) || each.tagName === 'IFRAME' && each.srcdoc
).map((each) => each.outerHTML.slice(0, 200))"""
"""What of a page would run, had its words become markup."""


@pytest.fixture(scope="module")
def job(studio: Studio) -> str:
    """A job that is hostile in every word."""
    name = f"hostile-{uuid.uuid4().hex[:8]}"
    image, script = hostile.WORDS[:2]
    said = [f"tags.owner={script}", f"description={hostile.WORDS[7]}", "experiment_name=hostile"]
    studio.seed.job(name, "command=python hostile.py", f"display_name={image}", *said)
    return name


def harmless(page: Page, where: str) -> list[str]:
    """What is wrong with the page that is shown."""
    found = [f"{where}: {each}" for each in page.evaluate(ALIVE)]
    return found + [f"{where}: a script ran"] * (page.title() == "ran")


@pytest.mark.needs("chromium")
def test_no_word_of_a_job_runs(studio: Studio, job: str) -> None:
    """On its own page, on every tab and for every file, and where it is listed."""
    wrong: list[str] = []
    with studio.opened() as view:
        stolen = stealing(view)
        for where in [f"jobs/{job}/{tab}" for tab in TABS] + ["jobs", f"compare?runs={job},other"]:
            wrong += opened(studio, view, where)
        for file in FILES:
            wrong += opened(studio, view, f"jobs/{job}/outputs?file={quote(f'outputs/{file}')}")
        wrong += opened(studio, view, f"jobs/{job}/outputs?file=picture.svg")
        # A curve, a name and a table have been on these pages: it was no empty page that did no harm.
        view.page.goto(f"{studio.garden}/jobs/{job}/overview")
        view.page.get_by_role("heading", level=1, name=hostile.WORDS[0]).wait_for()
        wrong += view.complaints
    assert not wrong and not stolen, "\n".join([*wrong, *stolen])


@pytest.mark.needs("chromium")
def test_no_word_of_an_asset_runs(studio: Studio, tmp_path: Path) -> None:
    """Descriptions, tags and the cells of data."""
    name = f"hostile-{uuid.uuid4().hex[:8]}"
    words = {"description": "\n\n".join(hostile.WORDS), "tags": dict(zip("abcdefghi", hostile.WORDS, strict=True))}
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join('"' + word.replace('"', '""') + '",=1+1' for word in ["<b>head</b>", *hostile.WORDS]))
    yaml = tmp_path / "data.yml"
    yaml.write_text(json.dumps({"name": name, "version": "1", "type": "uri_file", "path": "rows.csv", **words}))
    studio.seed.here("data", "create", "-f", str(yaml))
    environment = {"image": "python:3.11", **words}
    studio.house.call("PUT", f"{studio.id}/environments/{name}/versions/1", {"properties": environment})
    wrong: list[str] = []
    with studio.opened() as view:
        stolen = stealing(view)
        for where in (f"data/{name}/1", "data", f"environments/{name}/1", "environments", ""):
            wrong += opened(studio, view, where)
        wrong += view.complaints
    assert not wrong and not stolen, "\n".join([*wrong, *stolen])


@pytest.mark.needs("chromium")
def test_a_page_that_a_job_left_reaches_nothing(studio: Studio, job: str) -> None:
    """Its scripts run, without cookies, storage, the network, the page around it or a way to lead that elsewhere."""
    with studio.opened() as view:
        page = view.page
        page.goto(f"{studio.garden}/jobs/{job}/outputs?file=page.html")
        said = page.frame_locator("iframe").locator("#said")
        said.filter(has_text="fetch").wait_for()
        found = json.loads(said.inner_text())
        assert found.pop("fetch") == ["refused"] * 3
        assert set(found.values()) <= {"refused"}, found
        assert "/jobs/" in page.url and page.title() != "ran"


def stealing(view: View) -> list[str]:
    """What was asked for by a script that ran, and what opened a dialog."""
    stolen: list[str] = []
    view.page.on("request", lambda asked: stolen.append(asked.url) if "/stolen" in asked.url else None)
    view.page.on("dialog", lambda dialog: (stolen.append(dialog.message), dialog.dismiss())[0])
    return stolen


def opened(studio: Studio, view: View, where: str) -> list[str]:
    """What is wrong with a page of the garden."""
    view.page.goto(f"{studio.garden}/{where}")
    view.settle()
    view.page.wait_for_timeout(300)  # a script that was let in would not wait so long
    return harmless(view.page, where)
