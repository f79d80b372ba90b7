"""One page of Studio in Chromium, and what it costs: when it was there, what it fetched, when it stood still.

A page is there from the moment on at which its heading stands and nothing on it loads any more.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, Playwright
from tests.journeys.crashing import Server

__all__ = ["Opened", "browser", "dropped", "opened", "signed_in"]

_WATCH = """
const seen = window.seen = { since: 0, tasks: [], shift: 0 };
const there = READY;
const look = () => {
  const is = there();
  if (is && !seen.since) seen.since = performance.now();
  if (!is) seen.since = 0;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) seen.tasks.push([task.startTime, task.duration]);
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) seen.shift += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
IDLE = (
    "() => document.querySelector('main h1') &&"
    " !document.querySelector('main [role=progressbar], main .fui-Skeleton, main .fui-Spinner')"
)
QUIET_MS = 1500
"""How long a page stays as it is before it counts as there."""

_SCROLL = """
async ([frames, step]) => {
  const room = [...document.querySelectorAll('main *')].find(
    (each) => each.scrollHeight > each.clientHeight + 50 && getComputedStyle(each).overflowY === 'auto');
  const times = [];
  let before = await new Promise(requestAnimationFrame), bare = 0;
  for (let n = 0; n < frames; n++) {
    room.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    times.push(now - before);
    before = now;
    if (document.querySelector('main .fui-Skeleton')) bare++;
  }
  return [times, bare];
}
"""


@dataclass
class Opened:
    """A page that is there."""

    page: Page
    ms: float
    """From the click on its address until it was there and no long task held it."""
    fetched: dict[str, int]
    """The gzip size of every file of Studio, by its name."""
    requests: int
    blocking: int
    """How many files hold back the first drawing."""
    long_tasks: list[float]
    shift: float


@contextmanager
def browser(play: Playwright) -> Iterator[Browser]:
    """Chromium without a window."""
    found = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    try:
        yield found
    finally:
        found.close()


def signed_in(house: Server, chromium: Browser) -> Any:
    """What a browser keeps of somebody who signed in by a link."""
    link = httpx.post(
        f"{house.url}/studio/session/codes", headers={"Authorization": f"Bearer {house.token}"}, trust_env=False
    ).json()["link"]
    context = chromium.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_url("**/studio/workspaces")
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def opened(chromium: Browser, state: Any, url: str, ready: str = IDLE, most_s: float = 120) -> Iterator[Opened]:
    """A page in a browser that has nothing of Studio, once ``ready`` holds and goes on to hold."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, storage_state=state)
    context.add_init_script(_WATCH.replace("READY", ready))
    page = context.new_page()
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  a method of C has no place for notes
    try:
        page.goto(url, wait_until="commit")
        for _ in range(int(most_s * 10)):
            since, now = page.evaluate("[window.seen.since, performance.now()]")
            if since and now - since > QUIET_MS:
                break
            page.wait_for_timeout(100)
        else:
            raise RuntimeError(f"{url} was not there after {most_s} s: {page.locator('main').inner_text()[:500]}")
        tasks = page.evaluate("window.seen.tasks")
        held = max([since, *(start + lasted for start, lasted in tasks if start < since)])
        files = {answer.url.rsplit("/", 1)[-1]: answer.body() for answer in answers if "/studio/" in answer.url}
        yield Opened(
            page,
            held,
            {name: len(gzip.compress(body, 9)) for name, body in files.items()},
            len(answers),
            page.evaluate(
                "performance.getEntriesByType('resource').filter((e) => e.renderBlockingStatus === 'blocking').length"
            ),
            [lasted for _, lasted in tasks],
            page.evaluate("window.seen.shift"),
        )
    finally:
        context.close()


def dropped(page: Page, frames: int = 180, step: int = 400) -> tuple[float, float]:
    """The shares of frames that came late while a table is scrolled, and of those with rows still on their way."""
    times, bare = page.evaluate(_SCROLL, [frames, step])
    late = sum(max(0, round(ms / (1000 / 60)) - 1) for ms in times)
    return late / (len(times) + late), bare / len(times)
