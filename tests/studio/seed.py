"""Fills a server with things that pages can show, by the command line alone: ``python -m tests.studio.seed DATA_DIR``.

Two workspaces: ``demo``, which ``lazuli demo`` makes (a model of real data, tuned, as ONNX, behind an endpoint), and
``garden``, whose jobs need nothing but Python and are done in seconds; it also has what the examples have.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

EXAMPLES = Path(__file__).parents[2] / "examples"
SEEDS = Path(__file__).parent / "seeds"
LAZULI = str(Path(sys.executable).parent / "lazuli")
QUIET = ("-o", "none")
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
        self.here("job", "create", "-f", str(SEEDS / file), "-n", name, *said, *QUIET)
        if wait:
            self.here("job", "stream", "-n", name, fails=True)

    def garden(self) -> None:
        """The workspace of small things."""
        self.run("workspace", "create", "-n", GARDEN, "-g", GROUP, "--tags", "team=garden", *QUIET)
        self.here("compute", "create", "-n", "garden", "--type", "amlcompute", "--max-instances", "4", *QUIET)
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder, "flowers.csv")
            table.write_text(flowers())
            for version in ("1", "2"):
                words = ("-n", "flowers", "-v", version, "--path", str(table), "--type", "uri_file")
                self.here("data", "create", *words, "--description", "Flowers that were picked in May.", *QUIET)
            shutil.copy(table, Path(folder, "more.csv"))
            self.here("data", "create", "-n", "meadow", "--path", folder, "--type", "uri_folder", *QUIET)
        self.assets()
        self.jobs()
        self.models()
        self.endpoints()

    def example(self, noun: str, file: str, *words: str) -> None:
        """Something of the examples."""
        self.here(noun, "create", "-f", str(EXAMPLES / file), *words, *QUIET)

    def assets(self) -> None:
        """Something on every other shelf."""
        self.example("component", "assets/components/longest.yml")
        self.here("environment", "create", "-f", str(SEEDS / "environment.yml"), *QUIET)
        self.here("datastore", "create", "-f", str(SEEDS / "datastore.yml"), *QUIET)
        self.example("schedule", "schedules/nightly.yml", "--set", "create_job.compute=azureml:garden")
        self.run("token", "create", "-n", "nightly-build", "--role", "reader", *QUIET)

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
        self.job("dressed", "command=python -c 'import six'", "environment=azureml:plain:1", "display_name=fern")

    def models(self) -> None:
        """Models of a job, of MLflow and of a single file."""
        folder = "azureml://jobs/other/outputs/artifacts/paths/outputs"
        self.here("model", "create", "-n", "flower", "--path", folder, "--type", "custom_model", *QUIET)
        self.here("model", "create", "-f", str(SEEDS / "model.yml"), "--stage", "Production", *QUIET)

    def endpoints(self) -> None:
        """An endpoint whose traffic two deployments share, with requests; and one that answers many inputs at once."""
        example = "endpoints/diabetes"
        self.example("online-endpoint", f"{example}/endpoint.yml")
        self.example("online-deployment", f"{example}/blue.yml")
        self.example("online-deployment", f"{example}/blue.yml", "-n", "green")
        self.here("online-endpoint", "update", "-n", "diabetes", "--traffic", "blue=70 green=30", *QUIET)
        shown = json.loads(self.here("online-endpoint", "show", "-n", "diabetes", "-o", "json"))
        keys = json.loads(self.here("online-endpoint", "get-credentials", "-n", "diabetes", "-o", "json"))
        good = (EXAMPLES / example / "request.json").read_bytes()
        with httpx.Client(headers={"Authorization": f"Bearer {keys['primaryKey']}"}, trust_env=False) as client:
            for number in range(60):
                client.post(shown["scoring_uri"], content=b'{"rows": []}' if number % 20 == 7 else good)
        self.example("batch-endpoint", "endpoints/longest/endpoint.yml")
        self.example("batch-deployment", "endpoints/longest/deployment.yml", "--set-default")
        texts = str(EXAMPLES / "endpoints/longest/files")
        self.here("batch-endpoint", "invoke", "-n", "longest", "--input", texts, *QUIET)

    def busy(self) -> None:
        """A job that runs as long as one looks, and one that waits for its place."""
        self.here("compute", "create", "-n", "bench", "--type", "amlcompute", "--max-instances", "1", *QUIET)
        train = "command=python train.py --steps 200000 --pause 0.5"
        self.job("running", train, "compute=azureml:bench", "display_name=ivy", wait=False)
        self.job("queued", "compute=azureml:bench", "display_name=moss", wait=False)

    def all(self) -> None:
        """Everything that stays. The two workspaces have nothing to do with each other, so they are filled at once."""
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(self.garden), pool.submit(self.run, "demo")]:
                done.result()


def main() -> None:
    """Fill the server of a data folder, which is started where it does not run."""
    seed = Seed(Path(sys.argv[1]).resolve())
    seed.run("up", *sys.argv[2:])
    seed.all()
    seed.busy()


if __name__ == "__main__":
    main()
