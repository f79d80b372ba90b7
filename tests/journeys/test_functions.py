"""A search in Python, whose server and whose own program are killed: what was kept stays, and it finds the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.journeys.crashing import SCOPE, Server, points_of, server

import lazuli
from lazuli.client.client import Client
from lazuli.client.functions.sweep import Searched
from lazuli.client.profile import Profile

SPACE = {"x": lazuli.uniform(-5, 5), "y": lazuli.uniform(-5, 5)}


def search(house: Server, name: str, die_at: dict[int, threading.Thread] | None = None) -> Searched:
    """A search of 40 trials; at some of them the server is killed, and started again beside the search."""
    mine = die_at or {}

    def train(trial: lazuli.FunctionTrial) -> float:
        if trial.number in mine:
            for start in (each for each in mine.values() if each.ident):
                start.join()  # a server that is starting would be left behind
            house.end(signal.SIGKILL)
            mine[trial.number].start()
        return (trial["x"] - 1) ** 2 + trial["y"] ** 2

    with Client(Profile(house.url, house.token, "s", "g", "w")) as client:
        return lazuli.sweep(train, SPACE, trials=40, sampling={"type": "tpe", "seed": 2}, name=name, client=client)


def kept(house: Server, name: str) -> dict[str, str]:
    found = house.call("GET", f"{SCOPE}/jobs?parentJobName={name}&$top=100")["value"]
    return {one["name"]: one["properties"]["status"] for one in found}


def test_the_server_is_killed_again_and_again(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        calm = search(house, "calm")
        storm = search(house, "storm", {number: threading.Thread(target=house.start) for number in (3, 17, 18, 39)})
        assert [trial.params for trial in storm.trials] == [trial.params for trial in calm.trials]
        assert kept(house, "storm") == {f"storm_{number}": "Completed" for number in range(40)}
        assert all(len(points_of(house, job, "value")) == 1 for job in kept(house, "storm"))
        house.end()


PROGRAM = """
import os, signal, sys, lazuli
def train(trial):
    if trial.number == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return (trial["x"] - 1) ** 2 + trial["y"] ** 2
space = {"x": lazuli.uniform(-5, 5), "y": lazuli.uniform(-5, 5)}
found = lazuli.sweep(train, space, trials=40, sampling={"type": "tpe", "seed": 2}, name="mine", workspace="w")
print(len(found.trials), found.value)
"""


def test_the_program_is_killed_and_called_again(tmp_path: Path) -> None:
    with server(tmp_path / "data") as house:
        house.start()
        house.found()
        calm = search(house, "calm")
        where = {"LAZULI_URL": house.url, "LAZULI_TOKEN": house.token}
        whose = {"LAZULI_SUBSCRIPTION": "s", "LAZULI_RESOURCE_GROUP": "g"}
        for number in (12, 13, 30):
            command = [sys.executable, "-c", PROGRAM, str(number)]
            killed = subprocess.run(command, env={**os.environ, **where, **whose}, check=False)
            assert killed.returncode == -signal.SIGKILL
            assert len(kept(house, "mine")) in (number - 1, number)  # the last was on its way
            assert house.status("mine") == "Running"
        command = [sys.executable, "-c", PROGRAM, "-1"]
        told = subprocess.run(command, env={**os.environ, **where, **whose}, check=True, capture_output=True, text=True)
        assert told.stdout == f"40 {calm.value}\n"
        assert all(len(points_of(house, job, "value")) == 1 for job in kept(house, "mine"))
        house.end()
