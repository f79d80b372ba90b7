"""A browser on a server with things to show, which complains of what no page may do."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize, expect
from tests.journeys.crashing import Server, server
from tests.studio.seed import GARDEN, GROUP, Seed

AXE = Path(__file__).parents[2] / "studio" / "node_modules" / "axe-core" / "axe.min.js"
# What Fluent lays at the ends of the page to catch the focus has no size and no place in what is read out.
RUN_AXE = "axe.run({exclude: [['[data-tabster-dummy]']]}, {resultTypes: ['violations']})"
WIDE, NARROW = (1440, 900), (1024, 768)
PATIENCE_MS = 30_000
"""How long a page may take for what is there at once on a quiet machine."""
SEEDED = "LAZULI_STUDIO_SEED"
"""Names a seeded data folder whose server runs: while one writes tests, it is not filled anew each time."""


@dataclass
class Studio:
    """A server, what it was filled with, and a browser that is signed in to it."""

    house: Server
    seed: Seed
    browser: Browser
    garden: str
    """The address of the garden's pages."""
    state: Any = None
    """The cookie and the storage of who is signed in."""

    @property
    def id(self) -> str:
        """The address of the garden in the REST API."""
        subscription, group, name = self.garden.split("/")[2:]
        rest = f"resourceGroups/{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
        return f"/subscriptions/{subscription}/{rest}"

    def url(self, path: str) -> str:
        """A whole address."""
        return self.house.url + path

    def link(self) -> str:
        """A link that signs in once."""
        return self.seed.run("studio")

    def sign_in(self) -> None:
        """Sign in by a link, and keep that for every context to come."""
        with self.opened() as view:
            view.page.goto(self.link())
            view.page.wait_for_url("**/studio/workspaces")
            self.state = view.page.context.storage_state()
        for origin in self.state["origins"]:  # who is signed in, not how that page looked
            origin["localStorage"] = [each for each in origin["localStorage"] if each["name"] == "lazuli.proof"]
        assert not view.complaints, view.complaints

    @contextmanager
    def opened(
        self, size: tuple[int, int] = WIDE, said: Mapping[str, str] = MappingProxyType({}), *, signed_in: bool = True
    ) -> Iterator[View]:
        """A page of its own; ``said`` is what Studio keeps in the browser: ``appearance``, ``language``."""
        state = self.state if signed_in else None
        viewport: ViewportSize = {"width": size[0], "height": size[1]}
        context = self.browser.new_context(viewport=viewport, storage_state=state, base_url=self.house.url)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        context.add_init_script(_keep({"appearance": "light", "language": "en", **said}))
        try:
            yield watch(context, self.house.url)
        finally:
            context.close()


@dataclass
class View:
    """A page, and what is wrong with it."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Wait until the page has its heading and nothing on it still loads."""
        self.page.locator("h1").first.wait_for()
        expect(self.page.locator("main :is([role=progressbar], .fui-Skeleton)")).to_have_count(0)

    def axe(self) -> list[str]:
        """What stands in the way of somebody who does not see, or has no mouse."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(RUN_AXE)
        return [
            f"{each['impact']}: {each['id']}: {each['help']}: {node['html'][:300]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:2]
        ]


def watch(context: BrowserContext, url: str) -> View:
    """A page whose errors are written down."""
    page = context.new_page()
    view = View(page)
    say = view.complaints.append
    # What a job left is shown in a sandbox, and may complain there of whatever it likes.
    page.on("console", lambda said: say(_console(said)) if said.type == "error" and not _is_shown(said) else None)
    page.on("pageerror", lambda error: say(f"script: {error.message}\n{error.stack}"))
    page.on("response", lambda answer: say(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
    own = (url, "data:", "blob:", "chrome:", "chrome-extension:")  # Chromium's viewer of PDFs is made of the last two
    page.on("request", lambda asked: None if asked.url.startswith(own) else say(f"asks {asked.url}"))
    return view


@contextmanager
def studio(folder: Path, play: Playwright) -> Iterator[Studio]:
    """A seeded server and a browser, both ended at the end."""
    with _house(folder) as house, _browser(play) as browser:
        seed = Seed(house.data_dir)
        found = Studio(house, seed, browser, _address(seed))
        found.sign_in()
        yield found


@contextmanager
def _house(folder: Path) -> Iterator[Server]:
    if seeded := os.environ.get(SEEDED):
        address = urlsplit(Seed(Path(seeded)).run("studio"))
        yield Server(Path(seeded), address.port or 80, 0, {})
        return
    with server(folder / "data") as house:
        house.start()
        seed = Seed(house.data_dir)
        seed.all()
        seed.busy()
        yield house


@contextmanager
def _browser(play: Playwright) -> Iterator[Browser]:
    words = ["--no-sandbox", "--disable-gpu"]
    browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=words)
    yield browser
    browser.close()


def _address(seed: Seed) -> str:
    """Where the pages of the garden are."""
    subscription = seed.here("workspace", "show", "-n", GARDEN, "--query", "id", "-o", "tsv").split("/")[2]
    return f"/studio/{subscription}/{GROUP}/{GARDEN}"


def _console(said: ConsoleMessage) -> str:
    return f"console: {said.text} ({said.location['url']})"


def _is_shown(said: ConsoleMessage) -> bool:
    return "/shown/" in said.location["url"]


def _keep(said: dict[str, str]) -> str:
    each = f"for (const [key, value] of Object.entries({json.dumps(said)})) localStorage[`lazuli.${{key}}`] ??= value"
    return f"if (window === top) {each}"  # what is shown in a sandbox has no storage
