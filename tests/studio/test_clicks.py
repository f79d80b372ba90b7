"""What a page lets one do with it that the first day leaves out: drop files, wire steps, look at what a job left."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.studio.browsing import Studio, View
from tests.studio.seed import EXAMPLES

PDF = """\
%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
SECRET = "c2VjcmV0LVhZWg=="


@pytest.fixture
def view(studio: Studio) -> Iterator[View]:
    """A page whose address may be refused something: that is what some of these are about."""
    with studio.opened() as found:
        yield found
    wrong = [each for each in found.complaints if not re.search(r"status of 4\d\d", each)]
    assert not wrong, "\n".join(wrong)


def drop(page: Page, place: Locator, path: Path) -> None:
    """Drop a file or folder of this machine, as a hand would."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    held = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": held})


@pytest.mark.needs("chromium")
def test_a_folder_is_dropped(studio: Studio, page: Page, tmp_path: Path) -> None:
    """It becomes the code of a job, or a data asset; beside the place for it nothing happens."""
    folder = tmp_path / "dropped"
    (folder / "sub").mkdir(parents=True)
    for name in ("train.py", "sub/more.py"):
        (folder / name).write_text(f"print({uuid.uuid4().hex!r})")
    page.goto(f"{studio.garden}/new")
    yaml = page.locator(".view-lines")
    expect(yaml).to_contain_text("command:")
    drop(page, page.get_by_role("heading", level=1), folder)
    drop(page, page.locator("div[role=group]").filter(has_text="or drop them here"), folder)
    expect(yaml).to_contain_text(re.compile(r"code:\s*azureml:\S+\s*#\s*dropped:\s*2\s*files"))
    assert len(page.context.pages) == 1
    name = f"dropped-{uuid.uuid4().hex[:8]}"
    page.goto(f"{studio.garden}/data?new")
    dialog = page.get_by_role("dialog")
    drop(page, dialog.get_by_role("group"), folder)
    expect(dialog.get_by_role("textbox", name="Name")).to_have_value("dropped")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    kept = studio.house.call("GET", f"{studio.id}/data/{name}/versions/1")["properties"]
    assert kept["dataType"] == "uri_folder"


@pytest.mark.needs("chromium")
def test_steps_are_wired(studio: Studio, page: Page) -> None:
    """A component becomes a step, gets a name, and reads what another step leaves; no field hides behind the YAML."""
    page.goto(f"{studio.garden}/new")
    page.get_by_role("button", name="Start from").click()
    page.get_by_role("menuitem", name=re.compile("^A pipeline")).click()
    page.get_by_role("button", name="Add a step").click()
    page.get_by_role("menuitem", name="longest_lines").click()
    page.get_by_role("button", name=re.compile("^longest_lines")).click()
    step = page.locator(".fui-AccordionItem .fui-AccordionItem").filter(has_text="longest_lines")
    step.get_by_role("textbox", name="Name").first.fill("tall")
    page.get_by_role("combobox", name="Path of text").click()
    page.get_by_role("option", name="${{parent.jobs.make.outputs.table}}").click()
    yaml = page.locator(".view-lines")
    expect(yaml).to_contain_text(re.compile(r"tall:.*text:\s*\$\{\{parent\.jobs\.make\.outputs\.table", re.DOTALL))
    expect(page.get_by_text("The server would take it.")).to_be_visible()
    hidden = "(form) => form.scrollWidth - form.clientWidth"
    assert page.locator("main fieldset").first.evaluate(hidden) <= 0


@pytest.mark.needs("chromium")
def test_a_pdf_is_shown(studio: Studio, view: View, tmp_path: Path) -> None:
    """By the browser's own program; what only has the name of one runs nothing."""
    name = f"paper-{uuid.uuid4().hex[:8]}"
    code = tmp_path / "code"
    code.mkdir()
    (code / "paper.pdf").write_text(PDF)
    (code / "page.pdf").write_text("<script>parent.document.title = 'ran'</script>")
    yaml = {"command": "mkdir -p outputs && cp *.pdf outputs", "code": "code", "environment": {"image": "python:3.11"}}
    (tmp_path / "job.yml").write_text(json.dumps({"type": "command", "experiment_name": "papers", **yaml}))
    studio.seed.here("job", "create", "-f", str(tmp_path / "job.yml"), "-n", name, "--stream")
    page = view.page
    for file in ("paper.pdf", "page.pdf"):
        page.goto(f"{studio.garden}/jobs/{name}/outputs?file=outputs/{file}")
        with page.expect_response(lambda answer: "/shown/" in answer.url) as shown:
            frame = page.locator("iframe")
            frame.wait_for()
        assert shown.value.headers["content-type"] == "application/pdf"
        assert page.title() != "ran"


@pytest.mark.needs("chromium")
def test_a_datastore_is_made(studio: Studio, view: View) -> None:
    """What is refused is told where one looks, with the rule; what is taken shows no secret again."""
    page = view.page
    name = f"cloud{uuid.uuid4().hex[:8]}"
    page.goto(f"{studio.garden}/datastores")
    page.get_by_role("button", name="New datastore").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    for field, said in (("Storage account", "No!"), ("Container", "box")):
        dialog.get_by_role("textbox", name=field).fill(said)
    dialog.get_by_role("combobox", name="Access").click()
    page.get_by_role("option", name="Account key").click()
    create = dialog.get_by_role("button", name="Create")
    expect(create).to_be_disabled()
    dialog.get_by_label("Account key").last.fill(SECRET)
    create.click()
    expect(dialog.get_by_text("3 to 24 small letters and digits")).to_be_in_viewport()
    dialog.get_by_role("textbox", name="Storage account").fill("acc")
    # It is looked into nowhere: the page that opens would ask the cloud.
    empty = {"kind": "folder", "path": "", "folders": [], "files": []}
    page.route("**/preview?*", lambda route: route.fulfill(json=empty))
    create.click()
    page.wait_for_url(f"**/datastores/{name}")
    page.goto(f"{studio.garden}/datastores/{name}/details")
    expect(page.get_by_text("Azure Blob Storage")).to_be_visible()
    assert SECRET not in page.content()


@pytest.mark.needs("chromium")
def test_a_pipeline_answers_batches(studio: Studio, page: Page) -> None:
    """Its inputs stand there with their defaults, and what is given makes a job."""
    file = str(EXAMPLES / "endpoints/longest/by-pipeline.yml")
    studio.seed.here("batch-deployment", "create", "-f", file, "-o", "none")
    page.goto(f"{studio.garden}/endpoints/batch/longest/invoke?deployment=by-pipeline")
    expect(page.get_by_role("textbox", name="Value")).to_have_value("the")
    page.get_by_label("Data asset or address").fill("azureml:meadow:1")
    page.get_by_role("button", name="Invoke").last.click()
    page.wait_for_url("**/jobs/**")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.needs("chromium")
def test_a_schedule_is_switched(studio: Studio, page: Page) -> None:
    """It keeps what its switch says; triggered, it says which job it made."""
    page.goto(f"{studio.garden}/jobs?tab=schedules")
    switch = page.get_by_role("switch", name="Whether “nightly” fires")
    for said in ("Disabled", "Active"):
        switch.click()
        expect(page.get_by_role("row").filter(has_text="Every night").get_by_text(said)).to_be_visible()
        fires = studio.house.call("GET", f"{studio.id}/schedules/nightly")["properties"]["isEnabled"]
        assert fires == (said == "Active")
    page.get_by_role("button", name="Trigger now").click()
    toast = page.get_by_role("status").or_(page.get_by_role("alert")).or_(page.locator(".fui-Toast"))
    toast.filter(has_text="is submitted").get_by_role("link", name="Open").or_(
        toast.filter(has_text="is submitted").get_by_text("Open")
    ).first.click()
    page.wait_for_url("**/jobs/nightly-*")
