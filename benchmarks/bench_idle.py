"""What a server takes that has nothing to do: its memory, and its share of a core over 60 seconds.

First with an empty queue, after one job; then with 10,000 jobs that wait for a stopped instance. The yardstick is the
memory of an interpreter that does nothing. Promise: 150 MB resident and 0.5 % of a core, with either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.jobs import NOW, filled
from sqlalchemy import insert, select
from tests.journeys.crashing import SCOPE, Server, server

from lazuli.schema.identity import parse_resource_id
from lazuli.store.database import open_state
from lazuli.store.tables import facet, lease, resource

WAITING = 10_000
SECONDS = 60
PROMISE_MB = 150
PROMISE_PERCENT = 0.5
NOISE = 1.5
"""How much more a busy machine may show before the promise counts as missed."""


def main() -> int:
    """Measure, print, and tell whether the promise was kept."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data") as house:
        filled(house, 0)
        rows = [("a server with an empty queue", *idle(house))]
        house.put("/computes/desk", {"computeType": "ComputeInstance", "properties": {"vmSize": "STANDARD_DS3_V2"}})
        house.call("POST", f"{SCOPE}/computes/desk/stop", {})
        house.end()
        wait_in_line(house.data_dir)
        house.start()
        rows.append((f"a server with {WAITING:,} jobs that wait", *idle(house)))
        house.end()
    print(f"{f'over {SECONDS} s':<44}{'resident':>10}{'of a core':>11}")
    for what, megabytes, percent in rows:
        print(f"{what:<44}{megabytes:>8.0f}MB{percent:>10.2f}%")
    bare = bare_mb()
    print(f"{'yardstick: an interpreter that waits':<44}{bare:>8.0f}MB{0:>10.2f}%")
    megabytes, percent = max(row[1] for row in rows), max(row[2] for row in rows)
    print(f"ratio {megabytes / bare:.1f}×, promised ≤ {PROMISE_MB} MB and ≤ {PROMISE_PERCENT} %")
    return int(megabytes > PROMISE_MB * NOISE or percent > PROMISE_PERCENT * NOISE)


def idle(house: Server) -> tuple[float, float]:
    """Its megabytes and its share of a core in percent, once it has come to rest."""
    pid = json.loads((house.data_dir / "server.json").read_text())["pid"]
    before = cpu_s(pid)
    for _ in range(60):
        time.sleep(5)
        now = cpu_s(pid)
        if now - before < 0.1:
            break
        before = now
    began, before = time.monotonic(), cpu_s(pid)
    time.sleep(SECONDS)
    return resident_mb(pid), 100 * (cpu_s(pid) - before) / (time.monotonic() - began)


def cpu_s(pid: int) -> float:
    """The seconds of processor time a process has taken, its threads included."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """The megabytes of memory a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def bare_mb() -> float:
    """The megabytes of an interpreter that does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    time.sleep(1)
    try:
        return resident_mb(process.pid)
    finally:
        process.kill()
        process.wait()


def wait_in_line(data_dir: Path) -> None:
    """Put jobs that wait for the instance beside the one that has ended."""
    found = parse_resource_id(f"{SCOPE}/jobs/model")
    assert found
    state = open_state(data_dir)
    with state.read() as tx:
        model = dict(tx.execute(select(resource).where(resource.c.id == found.key)).mappings().one())
    said = json.dumps({"target": "desk", "nodes": 1, "user": "admin"})
    rows: list[dict[str, Any]] = []
    for n in range(WAITING):
        id = replace(found, name=f"waits-{n:05}")
        row = {**model, "id": id.key, "name": id.name, "status": "Queued", "state": said, "created_at": NOW + n}
        rows.append(row)
    whose = [{"scope": r["scope"], "kind": "jobs", "created_at": r["created_at"], "resource_id": r["id"]} for r in rows]
    with state.write() as tx:
        tx.execute(insert(resource), rows)
        tx.execute(insert(lease), [{"resource_id": row["id"], "kind": "jobs", "token": ""} for row in rows])
        tx.execute(insert(facet), [{**each, "key": "waits", "value": "desk"} for each in whose])
    state.close()


if __name__ == "__main__":
    sys.exit(main())
