"""How many trials of a Python function a second: ``lazuli.sweep`` against Optuna, with a function that takes no time.

Each round is one search of as many trials, from the call to its return: ours with every trial on the server as a job
and a run, Optuna's in SQLite, and Optuna's in memory, which keeps nothing. They take turns within a round, so that
what else the machine does is the same for all. Promise, for the median of rounds with the tree-structured Parzen
estimator: at least five times the trials a second of Optuna in SQLite, and at most 1.5 times the wall time of Optuna in
memory. Random sampling is shown as well, where drawing costs nothing and keeping is all there is.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import optuna
from tests.journeys.crashing import Server, server

import lazuli
from lazuli.client.client import Client
from lazuli.client.profile import Profile

TRIALS = 100
ROUNDS = 7
FASTER_THAN_SQLITE = 5.0
AS_LONG_AS_MEMORY = 1.5
NOISE = 1.5
"""How much worse a busy machine may be before the promise counts as missed."""
SPACE = {"x": lazuli.uniform(-5, 10), "y": lazuli.uniform(0, 15), "kind": lazuli.choice("a", "b", "c")}


def main() -> int:
    """Measure, print, and tell whether the promise was kept."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    missed = False
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "data") as house:
        house.start()
        house.found()
        for sampling in ("tpe", "random"):
            ours, sqlite, memory = measured(house, Path(folder), sampling)
            print(
                f"{f'{TRIALS} trials by {sampling}, {ROUNDS} rounds':<44}{'median':>12}{'spread':>16}{'a second':>12}"
            )
            for what, times in (
                ("lazuli.sweep, kept on the server", ours),
                ("yardstick: Optuna in SQLite", sqlite),
                ("yardstick: Optuna in memory", memory),
            ):
                middle = statistics.median(times)
                spread = f"{min(times):.2f}–{max(times):.2f}"
                print(f"{what:<44}{middle:>11.2f}s{spread:>15}s{TRIALS / middle:>12.0f}")
            faster = statistics.median(theirs / mine for theirs, mine in zip(sqlite, ours, strict=True))
            longer = statistics.median(mine / theirs for theirs, mine in zip(memory, ours, strict=True))
            print(f"ratio {faster:.1f}× the trials a second of SQLite, {longer:.2f}× the time of memory")
            if sampling == "tpe":
                print(f"promised ≥ {FASTER_THAN_SQLITE}× and ≤ {AS_LONG_AS_MEMORY}×")
                missed = faster < FASTER_THAN_SQLITE / NOISE or longer > AS_LONG_AS_MEMORY * NOISE
        house.end()
    return int(missed)


def measured(house: Server, folder: Path, sampling: str) -> tuple[list[float], list[float], list[float]]:
    """The seconds of every round: ours, Optuna's in SQLite, Optuna's in memory."""
    with Client(Profile(house.url, house.token, "s", "g", "w")) as client:

        def ours(seed: int) -> None:
            said = {"type": sampling, "seed": seed}
            lazuli.sweep(loss, SPACE, trials=TRIALS, sampling=said, client=client)

        def sqlite(seed: int) -> None:
            theirs(sampling, seed, f"sqlite:///{folder}/{sampling}{seed}.db")

        def memory(seed: int) -> None:
            theirs(sampling, seed, None)

        ways = (ours, sqlite, memory)
        for way in ways:  # imports, and what is made once
            way(1000)
        rounds = [[seconds(way, seed) for way in ways] for seed in range(ROUNDS)]
    return tuple([each[place] for each in rounds] for place in range(3))  # type: ignore[return-value]


def theirs(sampling: str, seed: int, storage: str | None) -> None:
    """The same search by Optuna."""
    samplers: dict[str, Any] = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
    study = optuna.create_study(sampler=samplers[sampling](seed=seed), storage=storage)

    def objective(trial: optuna.Trial) -> float:
        x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
        return loss(x, y, trial.suggest_categorical("kind", ["a", "b", "c"]))

    study.optimize(objective, n_trials=TRIALS)


def loss(x: float, y: float, kind: str) -> float:
    """What is minimised."""
    return (x - 1) ** 2 + (y - 3) ** 2 + (kind == "a")


def seconds(way: Callable[[int], None], seed: int) -> float:
    """How long it takes."""
    began = time.perf_counter()
    way(seed)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
