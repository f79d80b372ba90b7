"""Fills a server with things that pages can show, by the command line alone: ``python -m tests.studio.seed DATA_DIR``.

Two workspaces: ``demo``, which ``lazuli demo`` makes (a model of real data, tuned, as ONNX, behind an endpoint), and
``garden``, whose jobs need nothing but Python and are done in seconds.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"
LAZULI = str(Path(sys.executable).parent / "lazuli")
GARDEN, GROUP = "garden", "lazuli"


def flowers() -> str:
    """A table of flowers, some values of which are missing."""
    pick = random.Random(7)
    rows = ["sepal_length,petal_length,colour,kind,picked"]
    for number in range(500):
        petal = "" if number % 41 == 0 else f"{pick.gauss(3.7, 1.7):.2f}"
        colour = pick.choice(["white", "violet", "blue", "dark, nearly black"])
        said = f'"{colour}"' if "," in colour else colour
        rows.append(f"{pick.gauss(5.8, 0.8):.2f},{petal},{said},{pick.choice('abc')},2026-05-{number % 28 + 1:02d}")
    return "\n".join(rows) + "\n"


class Seed:
    """The command line of one server."""

    def __init__(self, data_dir: Path) -> None:
        self.environ = {**os.environ, "LAZULI_DATA_DIR": str(data_dir)}
        self.environ.pop("LAZULI_URL", None)

    def run(self, *words: str, fails: bool = False) -> str:
        """What a command prints."""
        done = subprocess.run([LAZULI, *words], env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode and not fails:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def here(self, *words: str, fails: bool = False) -> str:
        """The same, in the garden."""
        return self.run(*words, "-w", GARDEN, "-g", GROUP, fails=fails)

    def job(self, name: str, *sets: str, wait: bool = True, file: str = "job.yml") -> None:
        """A job of one of the files here."""
        said = [word for each in sets for word in ("--set", each)]
        self.here("job", "create", "-f", str(SEEDS / file), "-n", name, *said, "-o", "none")
        if wait:
            self.here("job", "stream", "-n", name, fails=True)

    def garden(self) -> None:
        """The workspace of small things."""
        self.run("workspace", "create", "-n", GARDEN, "-g", GROUP, "--tags", "team=garden", "-o", "none")
        self.here("compute", "create", "-n", "garden", "--type", "amlcompute", "--max-instances", "4", "-o", "none")
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder, "flowers.csv")
            table.write_text(flowers())
            for version in ("1", "2"):
                words = ("-n", "flowers", "-v", version, "--path", str(table), "--type", "uri_file")
                self.here("data", "create", *words, "--description", "Flowers that were picked in May.", "-o", "none")
            shutil.copy(table, Path(folder, "more.csv"))
            self.here("data", "create", "-n", "meadow", "--path", folder, "--type", "uri_folder", "-o", "none")
        self.jobs()

    def jobs(self) -> None:
        """Jobs in every state."""
        train = "command=python train.py --lr ${{inputs.lr}} --depth ${{inputs.depth}}"
        self.job("rich", f"{train} --rich --steps 5000", "display_name=rose", "description=The one with everything.")
        self.job("other", "inputs.lr=0.02", "inputs.depth=5", "display_name=tulip")
        self.job("failed", f"{train} --fail", "display_name=thistle")
        self.job("canceled", "command=sleep 600", "display_name=lily", wait=False)
        self.here("job", "cancel", "-n", "canceled")
        self.job("sweep", file="sweep.yml")
        self.job("line", file="pipeline.yml")
        self.job("line-again", file="pipeline.yml")
        folder = "azureml://jobs/other/outputs/artifacts/paths/outputs"
        self.here("model", "create", "-n", "flower", "--path", folder, "--type", "custom_model", "-o", "none")
        self.job("running", f"{train} --steps 20000 --pause 0.5", "display_name=ivy", wait=False)

    def all(self) -> None:
        """Everything."""
        self.garden()
        self.run("demo", fails=False)


def main() -> None:
    """Fill the server of a data folder, which is started where it does not run."""
    seed = Seed(Path(sys.argv[1]).resolve())
    seed.run("up", *sys.argv[2:])
    seed.all()


if __name__ == "__main__":
    main()
