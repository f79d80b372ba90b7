"""Microsoft's azure-ai-ml, unmodified and in environments of their own, against a server that runs.

The three versions go side by side, each in a workspace of its own. ``LAZULI_RECORD=1`` keeps what came out in
``azure_ai_ml.json``, from which ``make contract`` writes docs/reference/clients.md; without it the two must agree.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import client_environment
from tests.clients.serving import make_workspace, server, told

HERE = Path(__file__).parent
PROGRAM, STEPS, RECORD = HERE / "azure_ai_ml_program.py", HERE / "azure_steps", HERE / "azure_ai_ml.json"
AREAS = (
    "workspaces",
    "computes",
    "data",
    "jobs",
    "sweeps",
    "assets",
    "components",
    "pipelines",
    "connections",
    "schedules",
    "registries",
    "endpoints",
    "batch",
    "crossing",
    "errors",
)
BESIDE = ["click", "httpx", "jmespath", "pathspec", "pydantic>=2.12", "pyyaml", "rich"]
"""What our own light client needs, for the step that uses both."""
CLIENTS = {
    "1.35": ["azure-ai-ml==1.35.*", "azure-identity", "marshmallow<4", *BESIDE],
    "1.28": ["azure-ai-ml==1.28.*", "azure-identity", "marshmallow<4"],
    "1.20": ["azure-ai-ml==1.20.*", "azure-identity", "marshmallow==3.21.3"],
}
PATIENCE_S = 1500
pytestmark = pytest.mark.timeout(3 * PATIENCE_S)  # the first test takes all steps with all versions
GUARD = HERE / "guard"
"""A ``sitecustomize`` that refuses, and writes down, whatever would leave this machine."""
STRAYS = {"azuremlschemasprod.azureedge.net"}
"""What the client asks for besides: the schema of an MLTable, which it goes without."""


def steps() -> dict[str, str]:
    """The steps and what each is about, read from their files: they can only be imported where the client is."""
    found = {}
    for area in AREAS:
        for node in ast.parse((STEPS / f"{area}.py").read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found[f"{area}.{node.name}"] = (ast.get_docstring(node) or node.name).splitlines()[0]
    return found


def start(version: str, folder: Path, facts: dict[str, Any], place: Path) -> subprocess.Popen[str]:
    """The program, in the environment of a version of the client, in a workspace of its own."""
    python, workspace = client_environment(f"azure-ai-ml-{version}", CLIENTS[version]), f"ws{version.replace('.', '')}"
    make_workspace(folder, facts, workspace)
    environ = {
        "PYTHONPATH": str(GUARD),
        "GUARD_LOG": str(place / "guard.jsonl"),
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "AZUREML_RUN_POLLING_INTERVAL_MAX": "3",
        "SOURCE": str(HERE.parents[1] / "src"),
        "EXAMPLES": str(HERE.parents[1] / "examples"),
        "LAZULI": str(Path(sys.executable).parent / "lazuli"),
        **told(folder, workspace),
    }
    return subprocess.Popen(
        [python, PROGRAM, place, ",".join(AREAS)],
        env=environ,
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=(place / "stderr").open("w"),
        text=True,
    )


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The home of the user of each version."""
    return {version: tmp_path_factory.mktemp(f"user{version}") for version in CLIENTS}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, places: dict[str, Path]) -> dict[str, dict[str, dict[str, str]]]:
    """How each step went with each version."""
    folder = tmp_path_factory.mktemp("azure") / "data"
    found: dict[str, dict[str, dict[str, str]]] = {}
    with server(folder) as facts:
        started = {version: start(version, folder, facts, place) for version, place in places.items()}
        for version, process in started.items():
            lines = process.communicate(timeout=PATIENCE_S)[0].splitlines()  # the client prints a few of its own
            said = [json.loads(line) for line in lines if line.startswith('{"step"')]
            assert said, (places[version] / "stderr").read_text()[-6000:]
            found[version] = {each.pop("step"): each for each in said}
    if os.environ.get("LAZULI_RECORD"):
        RECORD.write_text(json.dumps(summary(found), indent=1) + "\n")
    return found


def summary(outcomes: dict[str, dict[str, dict[str, str]]]) -> dict[str, Any]:
    """What the table of results tells: a word for each step and version."""

    def word(said: dict[str, str] | None) -> str:
        return "failed" if said is None or "failure" in said else said.get("missing", "passed")

    return {
        "versions": list(CLIENTS),
        "steps": [
            {"step": step, "about": about, **{version: word(outcomes[version].get(step)) for version in CLIENTS}}
            for step, about in steps().items()
        ],
    }


@pytest.mark.parametrize("version", CLIENTS)
@pytest.mark.parametrize("step", steps())
def test_step(outcomes: dict[str, dict[str, dict[str, str]]], step: str, version: str) -> None:
    said = outcomes[version].get(step)
    assert said is not None, "an earlier step that this one needs failed"
    assert "failure" not in said, said["failure"]


def test_the_table_in_the_reference_tells_this_run(outcomes: dict[str, dict[str, dict[str, str]]]) -> None:
    assert json.loads(RECORD.read_text()) == summary(outcomes), "Run this file with LAZULI_RECORD=1, then make contract"


@pytest.mark.parametrize("version", CLIENTS)
def test_nothing_leaves_the_machine(
    outcomes: dict[str, dict[str, dict[str, str]]], places: dict[str, Path], version: str
) -> None:
    assert "data.register_a_table" in outcomes[version]
    log = places[version] / "guard.jsonl"
    assert log.exists(), "the guard was not there: it sees at least the schema of an MLTable"
    assert {json.loads(line)["host"] for line in log.read_text().splitlines()} == STRAYS
