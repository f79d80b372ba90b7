"""A pipeline that runs while its server is killed again and again, and what must hold afterwards."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.journeys.crashing import SCOPE, Server

__all__ = ["prove", "run_through_kills"]

ENDS = {"Completed", "Failed", "Canceled"}


def run_through_kills(house: Server, folder: Path, *, chains: int, length: int, kills: int, seed: int) -> None:
    """Submit a pipeline of chains, half of them in a pipeline of their own, and kill the server while it runs."""
    house.found()
    house.put("/computes/four", {"computeType": "AmlCompute", "properties": {"scaleSettings": {"maxNodeCount": 4}}})
    steps = _steps(folder, "own", chains, length)
    inner = {name: {**node, "type": "command"} for name, node in _steps(folder, "inner", chains, length).items()}
    spec = {"type": "pipeline", "name": "inner", "version": "1", "jobs": inner}
    house.put("/components/inner/versions/1", {"componentSpec": spec})
    steps["nested"] = {"type": "pipeline", "componentId": "azureml:inner:1"}
    said = {"jobType": "Pipeline", "jobs": steps, "settings": {"default_compute": "azureml:four"}}
    house.put("/jobs/whole", said)
    chance = random.Random(seed)
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 1.5))
        house.end(signal.SIGKILL)
        time.sleep(chance.uniform(0, 0.5))
        house.start()


def _steps(folder: Path, word: str, chains: int, length: int) -> dict[str, dict[str, Any]]:
    """Chains of steps: each notes that it ran, and hands on what it was given with its own name behind it."""
    steps: dict[str, dict[str, Any]] = {}
    for chain in range(chains):
        before = ""
        for number in range(length):
            name = f"{word}_{chain}_{number}"
            note = f"echo {name} >> {folder}/ran; sleep 0.1"
            said: dict[str, Any] = {
                "environmentId": "azureml:plain:1",
                "outputs": {"o": {"job_output_type": "uri_file"}},
            }
            if before:
                bound = f"${{{{parent.jobs.{before}.outputs.o}}}}"
                said["inputs"] = {"x": {"job_input_type": "literal", "value": bound}}
                said["command"] = (
                    f"{note}; cat ${{{{inputs.x}}}} > ${{{{outputs.o}}}}; echo {name} >> ${{{{outputs.o}}}}"
                )
            else:
                said["command"] = f"{note}; echo {name} > ${{{{outputs.o}}}}"
            steps[name] = {"type": "command", **said}
            before = name
    return steps


def prove(house: Server, folder: Path, *, chains: int, length: int, patience_s: float) -> None:
    """Every step ran once and read what the one before wrote; nothing is on its way any more."""
    deadline = time.monotonic() + patience_s
    while house.status("whole") not in ENDS:
        assert time.monotonic() < deadline, house.call("GET", f"{SCOPE}/jobs/whole/graph")
        time.sleep(0.2)
    assert house.status("whole") == "Completed", house.call("GET", f"{SCOPE}/jobs/whole/graph")
    expected = [f"{w}_{c}_{n}" for w in ("own", "inner") for c in range(chains) for n in range(length)]
    ran = (folder / "ran").read_text().split()
    assert Counter(ran) == Counter(expected)
    jobs = house.call("GET", f"{SCOPE}/jobs?includeChildren=true&$top=200")["value"]
    assert Counter(job["properties"]["status"] for job in jobs) == {"Completed": len(expected) + 2}
    store = f"{SCOPE}/datastores/workspaceblobstore"
    container = house.call("GET", store)["properties"]["containerName"]
    sas = house.call("POST", f"{store}/listSecrets", {})["sasToken"]
    for word, parent in (("own", "whole"), ("inner", "whole-nested")):
        for chain in range(chains):
            last = f"azureml/{parent}-{word}_{chain}_{length - 1}/o"
            told = house.ask("GET", f"/lazuli.blob.core.lazuli.local/{container}/{last}?{sas}").text
            assert told.split() == [f"{word}_{chain}_{n}" for n in range(length)]
