"""How long a page of a list takes: one ``GET`` of 50 jobs among 100,000, from its first byte sent to the answer read.

The first page, one from the middle as ``nextLink`` tells it, and pages narrowed by tag, experiment and status; beside
them the same page found by ``$skip``, which reads what it skips, and the yardstick ``GET /health``. Then the status
and the costs of all of them. Promise: 20 ms, for the median of 50 of every page but that by ``$skip``.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.jobs import filled
from benchmarks.load import each_s, once, request
from tests.journeys.crashing import SCOPE, Server, server

JOBS = 100_000
ROUNDS = 50
PROMISE_MS = 20
NOISE = 1.5
"""How much slower a busy machine may be before the promise counts as missed."""

Rows = list[tuple[str, list[float], bool]]


def main() -> int:
    """Measure, print, and tell whether the promise was kept."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data") as house:
        filled(house, JOBS)
        rows = measured(house)
        house.end()
    print(f"{f'of {ROUNDS}; 50 jobs among {JOBS:,}':<44}{'median':>10}{'p95':>10}")
    for what, times, _ in rows:
        print(f"{what:<44}{statistics.median(times):>8.2f}ms{statistics.quantiles(times, n=20)[-1]:>8.2f}ms")
    slowest = max(statistics.median(times) for _, times, promised in rows if promised)
    skipped = next(statistics.median(times) for what, times, _ in rows if "$skip" in what)
    print(f"ratio {skipped / slowest:.1f}× by $skip, promised ≤ {PROMISE_MS} ms for each page")
    return int(slowest > PROMISE_MS * NOISE)


def measured(house: Server) -> Rows:
    """What every list takes, and whether it is promised."""
    token = (house.data_dir / "token").read_text().strip()

    def get(path: str) -> bytes:
        return request(house.url, "GET", path, None, {"Authorization": f"Bearer {token}"})

    def ms(path: str) -> list[float]:
        return [1000 * seconds for seconds in each_s(house.url, [get(path)] * (ROUNDS + 5))][5:]

    jobs = f"{SCOPE}/jobs?$maxpagesize=50"
    middle = once(house.url, get(f"{jobs}&$skip={JOBS // 2}"))["nextLink"].removeprefix(house.url)
    assert all(len(once(house.url, get(path))["value"]) == 50 for path in (jobs, middle))
    return [
        ("the first page", ms(jobs), True),
        ("a page in the middle, by nextLink", ms(middle), True),
        ("with a tag of one in a thousand", ms(f"{jobs}&tag=batch=7"), True),
        ("of one experiment of ten", ms(f"{jobs}&experimentName=e3"), True),
        ("with a status of one in fifty", ms(f"{jobs}&status=Failed"), True),
        ("with a status that none has", ms(f"{jobs}&status=Running"), True),
        ("a page in the middle, by $skip", ms(f"{jobs}&$skip={JOBS // 2}"), False),
        ("the number of jobs in each status", ms(f"{SCOPE}/jobCounts"), False),
        ("the cost of all jobs by compute", ms(f"{SCOPE}/usage?by=compute"), False),
        ("the cost of all jobs by tag", ms(f"{SCOPE}/usage?by=tag"), False),
        ("yardstick: GET /health", ms("/health"), False),
    ]


if __name__ == "__main__":
    sys.exit(main())
