"""What somebody does on a first day with Studio, in one browser on one real server, from the link to the log out."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.studio.browsing import Studio

JOB = """\
type: command
display_name: first try
experiment_name: journey
command: python train.py --lr {lr} --steps 120 --pause 0.05 --onnx
code: {code}
environment:
  image: python:3.11
"""
SWEEP = """\
type: sweep
display_name: first search
experiment_name: journey
sampling_algorithm: random
search_space:
  lr:
    type: uniform
    min_value: 0.01
    max_value: 1
objective:
  primary_metric: accuracy
  goal: maximize
limits:
  max_total_trials: 4
  max_concurrent_trials: 4
trial:
  command: python train.py --lr ${{{{search_space.lr}}}} --steps 40
  code: {code}
  environment:
    image: python:3.11
"""
SOON = 60_000
"""Milliseconds that a job, a deployment or a page may take on a busy machine."""


@pytest.mark.needs("chromium")
def test_the_first_day(studio: Studio, tmp_path: Path) -> None:
    """Each step begins where the one before it ended, and no page complains."""
    code = planted(studio)
    with studio.opened(signed_in=False) as view:
        page = view.page
        enter(page, studio)
        first = submit(page, tmp_path, code, 0.05)
        watch(page)
        second = submit(page, tmp_path, code, 0.5)
        expect(page.locator("main header").get_by_text("Completed")).to_be_visible(timeout=SOON)
        assert first != second
        compare(page, first, second)
        sweep(page, tmp_path, code)
        page.goto(f"{studio.garden}/jobs/{second}")
        endpoint = f"journey-{uuid.uuid4().hex[:8]}"
        deploy(page, studio, register(page), endpoint)
        ask(page)
        delete(page, endpoint)
        leave(page, studio)
    # A name that is free is asked for, and a session that ended is refused: the browser calls both failed.
    wrong = [each for each in view.complaints if not re.search(r"status of (404|401)", each)]
    assert not wrong, "\n".join(wrong)


def planted(studio: Studio) -> str:
    """The id of the code that jobs of the garden run, by a job that brought it."""
    name = f"planted-{uuid.uuid4().hex[:8]}"
    studio.seed.job(name, wait=False)
    return studio.house.call("GET", f"{studio.id}/jobs/{name}")["properties"]["codeId"]


def enter(page: Page, studio: Studio) -> None:
    """By the link; it works once."""
    link = studio.link()
    page.goto(link)
    page.get_by_role("heading", level=1, name="Workspaces").wait_for()
    page.get_by_role("main").get_by_role("link", name="garden").first.click()
    page.wait_for_url(f"**{studio.garden}")
    page.get_by_role("heading", level=1).wait_for()


def submit(page: Page, folder: Path, code: str, lr: float) -> str:
    """A job as YAML, which the form shows as well; its name."""
    written(page, folder, JOB.format(lr=lr, code=code))
    name = page.get_by_role("textbox", name="Display name")
    expect(name).to_have_value("first try")
    name.fill(f"try of {lr}")
    expect(page.locator(".view-lines")).to_contain_text("0.05" if lr == 0.05 else "0.5")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/jobs/[^/]+$"), timeout=SOON)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"try of {lr}")
    return page.url.rpartition("/")[2]


def written(page: Page, folder: Path, text: str) -> None:
    """New job, with the YAML of a file."""
    file = folder / "job.yml"
    file.write_text(text)
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="New job").click()
    page.get_by_label("A YAML file of this machine…").set_input_files(file)


def watch(page: Page) -> None:
    """Its curve grows and its log goes on, until it is done; nothing is loaded again."""
    page.get_by_role("tab", name="Metrics").click()
    expect(page.get_by_role("main").get_by_text("loss").first).to_be_visible(timeout=SOON)
    expect(page.locator("main canvas").first).to_be_visible(timeout=SOON)
    page.get_by_role("tab", name="Outputs and logs").click()
    expect(page.get_by_text(re.compile("Training with")).first).to_be_visible(timeout=SOON)
    expect(page.locator("main header").get_by_text("Completed")).to_be_visible(timeout=SOON)


def compare(page: Page, first: str, second: str) -> None:
    """Two jobs of the table beside one another: what differs, and their curves."""
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Jobs", exact=True).click()
    for name in (first, second):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")
    for text in ("try of 0.05", "try of 0.5", "accuracy"):
        expect(page.get_by_role("main").get_by_text(text, exact=True).first).to_be_visible()
    page.get_by_role("tab", name="Curves").click()
    expect(page.locator("main canvas").first).to_be_visible(timeout=SOON)


def sweep(page: Page, folder: Path, code: str) -> None:
    """A search, whose trials are shown while it goes on; in the end it says which was the best."""
    written(page, folder, SWEEP.format(code=code))
    expect(page.get_by_role("textbox", name="Display name")).to_have_value("first search")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/jobs/[^/]+$"), timeout=SOON)
    expect(page.locator("main header").get_by_text("Completed")).to_be_visible(timeout=2 * SOON)
    expect(page.get_by_role("heading", name="Best trial")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("main").get_by_text("4 of 4 trials")).to_be_visible(timeout=SOON)


def register(page: Page) -> str:
    """What the job left becomes a model; its name and version."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Register model").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Name").fill("journey")
    dialog.get_by_role("combobox", name="What the job left").fill("outputs/artifacts/paths/outputs/tiny.onnx")
    dialog.get_by_role("combobox", name="Type").click()
    page.get_by_role("option", name="custom_model").click()
    version = dialog.get_by_text(re.compile(r"It becomes version \d+")).inner_text()
    dialog.get_by_role("button", name="Register").click()
    expect(page.get_by_text("journey is registered", exact=True)).to_be_visible(timeout=SOON)
    return f"journey:{version.strip('.').split()[-1]}"


def deploy(page: Page, studio: Studio, model: str, endpoint: str) -> None:
    """An endpoint of its own, by the wizard."""
    page.goto(f"{studio.garden}/endpoints/new?model={model}")
    page.get_by_role("textbox", name="Name").fill(endpoint)
    for _ in range(4):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("button", name="Test it").click(timeout=SOON)


def ask(page: Page) -> None:
    """It answers what is asked in the form of the model's inputs."""
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("200", exact=True).first).to_be_visible(timeout=SOON)
    expect(page.get_by_text("answered by blue")).to_be_visible()


def delete(page: Page, endpoint: str) -> None:
    """And is gone when its name was typed."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete endpoint").click()
    dialog = page.get_by_role("alertdialog")
    if dialog.get_by_role("textbox").count():
        dialog.get_by_role("textbox").fill(endpoint)
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/endpoints", timeout=SOON)
    expect(page.get_by_role("link", name=endpoint)).to_have_count(0)


def leave(page: Page, studio: Studio) -> None:
    """Whoever logs out is out: both halves of the session open nothing more, wherever they were copied to."""
    cookies = page.context.cookies()
    proof = page.evaluate("localStorage.getItem('lazuli.proof')")
    page.get_by_role("button", name="You, appearance, language").click()
    page.get_by_role("menuitem", name="Log out").click()
    page.wait_for_url("**/studio/sign-in")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    answer = page.request.get(studio.url(f"{studio.id}/jobs"), headers={"Lazuli-Session": proof})
    assert answer.status == 401
