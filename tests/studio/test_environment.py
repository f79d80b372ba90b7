"""An environment of a Dockerfile: written, built and followed; and whole folders that are taken along."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.endpoints.onnx_models import times
from tests.studio.browsing import Studio, View
from tests.studio.seed import QUIET


@pytest.mark.needs("chromium")
def test_an_environment_of_a_dockerfile_is_built(studio: Studio, view: View, tmp_path: Path) -> None:
    """The folder beside it is sent once, and the build begins at a press and is followed to its end."""
    page = view.page
    context = tmp_path / "mine"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM python:3.11\nENV MADE={context.stat().st_ino}\nRUN pip install six\n")
    (context / "notes.txt").write_text("what is beside it")
    puts: list[str] = []
    page.on("request", lambda asked: puts.append(asked.url) if asked.method == "PUT" else None)
    for _ in range(2):
        page.goto(f"{studio.garden}/environments?new=")
        page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("from-a-dockerfile")
        page.get_by_role("radio", name="A Dockerfile").check()
        page.get_by_label("Files beside it").last.set_input_files(context)
        expect(page.get_by_text("mine: 2 files")).to_be_visible()
        expect(page.get_by_text(f"ENV MADE={context.stat().st_ino}")).to_be_visible()
        assert not view.axe()
        page.get_by_role("button", name="Create").click()
        page.wait_for_url("**/environments/from-a-dockerfile/*/log")
    sent = [url.partition("?")[0].rpartition("/")[2] for url in puts if "LocalUpload" in url]
    assert sorted(sent) == ["Dockerfile", "Dockerfile", "notes.txt"], "each once, and the mark: not again for the next"
    page.get_by_role("button", name="Build now").click()
    expect(page.get_by_text("ready", exact=True)).to_be_visible(timeout=180_000)
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_role("heading", name="Dockerfile")).to_be_visible()
    assert not view.axe()


@pytest.mark.needs("chromium")
def test_a_model_is_taken_along_whole(studio: Studio, view: View, tmp_path: Path) -> None:
    """Its folder comes as one zip file, and so does its package."""
    page = view.page
    page.goto(f"{studio.garden}/models/flower/1")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download", exact=True).click()
    file = tmp_path / "model.zip"
    taken.value.save_as(file)
    assert taken.value.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None and archive.namelist()
    times(2.0, tmp_path / "times.onnx")
    studio.seed.here("model", "create", "-n", "times", "-v", "1", "--path", str(tmp_path / "times.onnx"), *QUIET)
    page.goto(f"{studio.garden}/models/times/1")
    with page.expect_download(timeout=180_000) as packaged:
        page.get_by_role("button", name="Download the package").click()
    assert packaged.value.suggested_filename == "times-1.zip"
    packaged.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        assert {"Dockerfile", "requirements.txt"} <= set(archive.namelist())
