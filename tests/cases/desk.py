"""A user's desk: an environment with our package ``azureml`` and what notebooks draw and learn with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cases.conftest import Lab, without_containers
from tests.clients.environments import REPOSITORY, client_environment

from lazuli.client.wheel import wheel

RUNNER = Path(__file__).with_name("run_notebook.py")
PACKAGES = (
    "ipykernel",
    "joblib",
    "matplotlib",
    "mlflow-skinny",
    "nbclient",
    "numpy<1.24; python_version < '3.12'",  # the notebooks say np.float
    "packaging",
    "pandas<3",
    "pip",
    "pyarrow<25",  # later ones want numpy 2
    "pyyaml",
    "requests",
    "scikit-learn<1.4",  # the last for Python 3.8, on which the services run that unpickle its models
    "tqdm",
)


@dataclass(frozen=True)
class Desk:
    """Runs notebooks and scripts against a server, as they are."""

    lab: Lab
    python: Path
    programs: str
    """The ``PATH`` of its machine, which has no programs for containers: one notebook goes another way then."""

    def notebook(self, file: Path, **environ: str) -> list[str]:
        """What each cell with code said. Fails with the traceback of the first that raises."""
        said = self.lab.folder / f"{file.stem}.json"
        self.script(RUNNER, file, said, where=file.parent, **environ)
        return json.loads(said.read_text())

    def script(self, file: Path, *words: str | Path, where: Path, **environ: str) -> str:
        """What a script printed."""
        command = [self.python, file, *words]
        done = subprocess.run(
            command, cwd=where, env=self._environ(environ), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{file.name}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _environ(self, more: dict[str, str]) -> dict[str, str]:
        path = os.pathsep.join([str(self.python.parent), self.programs])
        mine = {"LAZULI_DATA_DIR": str(self.lab.house.data_dir), "PATH": path}
        pager = {"MORE": "-e -n 1000"}  # nobody is there to press a key for the next page
        return {**os.environ, **mine, **pager, **more}


def furnished(lab: Lab) -> Desk:
    """A desk beside a server. Our package is the wheel that users get."""
    subprocess.run([sys.executable, REPOSITORY / "hatch_build.py", "wheel"], check=True)
    python = client_environment("notebooks", PACKAGES)
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel()]
    subprocess.run(install, check=True)
    return Desk(lab, python, without_containers(lab.folder / "programs"))
