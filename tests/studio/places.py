"""Every page of Studio, and what it is opened with in the seeded garden."""

from __future__ import annotations

GARDEN = (
    "",
    "new",
    "new/sweep",
    "jobs",
    "compare?runs=rich,other",
    "pipelines",
    "components",
    "components/longest_lines/1",
    "data",
    "data/flowers/2",
    "data/meadow/1",
    "environments",
    "environments/plain/1",
    "models",
    "models/flower/1",
    "models/petals/1",
    "endpoints",
    "endpoints/new",
    "endpoints/online/diabetes",
    "endpoints/batch/longest",
    "compute",
    "compute/garden",
    "compute/bench",
    "datastores",
    "datastores/workspaceblobstore",
    "datastores/seedbank/details",
    "settings",
    "nowhere",
)
"""Below the workspace. The tabs of a page are found on the page."""
JOBS = ("rich", "failed", "canceled", "queued", "running", "sweep", "line", "line-again", "dressed")
OUTSIDE = ("workspaces", "workspaces/create", "tokens")


def places(workspace: str) -> dict[str, str]:
    """The address of every page, by a name that a file may have; ``workspace`` is the garden's address."""
    inside = [*GARDEN, *(f"jobs/{name}" for name in JOBS)]
    found = {name: f"/studio/{name}" for name in OUTSIDE}
    found |= {name or "home": f"{workspace}/{name}" for name in inside}
    return {name.partition("?")[0].replace("/", "-"): path for name, path in found.items()}
