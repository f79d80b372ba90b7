"""How long a submit takes: one ``PUT`` of a job over a kept connection, from its first byte sent to the answer read.

The jobs wait for an instance that is stopped, so that none runs meanwhile. First beside no other jobs, then beside
10,000 that have ended. The yardstick is ``GET /health`` on the same connection. Promise: 15 ms, for the median of 200
beside the 10,000.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.jobs import filled
from benchmarks.load import each_s, request
from tests.journeys.crashing import SCOPE, Server, server

JOBS = 10_000
ROUNDS = 200
PROMISE_MS = 15
NOISE = 1.5
"""How much slower a busy machine may be before the promise counts as missed."""


def main() -> int:
    """Measure, print, and tell whether the promise was kept."""
    times: dict[int, list[float]] = {}
    for number in (0, JOBS):
        with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data") as house:
            filled(house, number)
            times[number] = submitted_ms(house)
            yardstick = each_ms(house, [request(house.url, "GET", "/health")] * ROUNDS)
            house.end()
    print(f"{f'of {ROUNDS}':<40}{'median':>10}{'p95':>10}")
    for what, row in (
        ("submit beside no other job", times[0]),
        (f"submit beside {JOBS:,} jobs", times[JOBS]),
        ("yardstick: GET /health", yardstick),
    ):
        print(f"{what:<40}{statistics.median(row):>8.2f}ms{statistics.quantiles(row, n=20)[-1]:>8.2f}ms")
    median = statistics.median(times[JOBS])
    print(f"ratio {median / statistics.median(times[0]):.2f}× of none, promised ≤ {PROMISE_MS} ms")
    return int(median > PROMISE_MS * NOISE)


def submitted_ms(house: Server) -> list[float]:
    """The milliseconds of every submit."""
    house.put("/computes/desk", {"computeType": "ComputeInstance", "properties": {"vmSize": "STANDARD_DS3_V2"}})
    house.call("POST", f"{SCOPE}/computes/desk/stop", {})
    work = {"jobType": "Command", "command": "true", "environmentId": "azureml:plain:1", "computeId": "desk"}
    token = (house.data_dir / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    body = {"properties": {**work, "experimentName": "bench", "tags": {"a": "1"}}}
    sent = [request(house.url, "PUT", f"{SCOPE}/jobs/new{n}", body, headers) for n in range(ROUNDS + 10)]
    return each_ms(house, sent)[10:]


def each_ms(house: Server, sent: list[bytes]) -> list[float]:
    """The milliseconds of every request, one after the other."""
    return [1000 * seconds for seconds in each_s(house.url, sent)]


if __name__ == "__main__":
    sys.exit(main())
