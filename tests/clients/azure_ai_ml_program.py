"""What a user of Microsoft's client does, from a workspace to a registry: run in an environment that holds that client.

It knows nothing of Lazuli but addresses in the environment. Each step prints one line of JSON: its name, and what went
wrong where something did. A step that others need ends the program when it fails.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from types import FunctionType

from azure_steps.tour import NotThere, Tour

AREAS = sys.argv[2].split(",")
VITAL = {"connect", "submit_a_job"}
TRAIN = """
import pathlib, sys, time
rows, model, rate = sys.argv[1:]
print("learning with rate", rate, flush=True)
time.sleep(2.5)
pathlib.Path(model, "weights.txt").write_text(pathlib.Path(rows).read_text().upper())
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs", "score.txt").write_text("0.9")
print("learned", flush=True)
"""


def lay_out(here: Path) -> None:
    """The files that the steps send."""
    (here / "code").mkdir()
    (here / "code" / "train.py").write_text(TRAIN)
    (here / "rows.csv").write_text("a,b\n1,2\n")
    (here / "conda.yml").write_text("dependencies: [python=3.11]\n")
    (here / "net" / "deep er").mkdir(parents=True)
    (here / "net" / "deep er" / "ü").write_text("weights")
    (here / "net" / "empty").touch()
    with (here / "large").open("wb") as file:
        for _ in range(66):
            file.write(os.urandom(1 << 20))


def take(tour: Tour, step: FunctionType) -> dict[str, str]:
    """Take a step, and say how it went."""
    try:
        step(tour)
    except NotThere as reason:
        return {"missing": str(reason)}
    except Exception:
        return {"failure": traceback.format_exc()[-4000:]}
    return {}


def main() -> None:
    tour = Tour(Path(sys.argv[1]))
    lay_out(tour.here)
    for area in AREAS:
        module = importlib.import_module(f"azure_steps.{area}")
        steps = [s for s in vars(module).values() if isinstance(s, FunctionType) and s.__module__ == module.__name__]
        for step in (s for s in steps if not s.__name__.startswith("_")):
            outcome = take(tour, step)
            sys.stdout.write("\n" + json.dumps({"step": f"{area}.{step.__name__}", **outcome}) + "\n")
            sys.stdout.flush()
            if outcome.get("failure") and step.__name__ in VITAL:
                return


if __name__ == "__main__":
    main()
