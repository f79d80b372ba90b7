"""A parallel step in a folder: its script, its input, and the driver over them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "lazuli" / "runtime" / "inside" / "lazuli_parallel"
DEFAULTS: dict[str, Any] = {
    "entry_script": "score.py",
    "arguments": [],
    "table": None,
    "mini_batch_size": None,
    "partition_keys": None,
    "error_threshold": -1,
    "mini_batch_error_threshold": -1,
    "max_retries": 2,
    "timeout": 60,
    "nodes": 1,
    "concurrency": 2,
    "logging_level": "INFO",
    "variables": {},
}


def pythons() -> list[str]:
    """This Python, and every other from 3.7 on, which Microsoft's examples ask for, that is here under pyenv."""
    others = sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"))
    own = f"{sys.version_info.major}.{sys.version_info.minor}."
    wanted = [p for p in others if int(p.parts[-3].split(".")[1]) >= 7 and not p.parts[-3].startswith(own)]
    return [sys.executable, *map(str, wanted)]


class Step:
    """A folder with a script, an input, and ways to run the driver over them."""

    def __init__(self, root: Path, python: str = sys.executable) -> None:
        self.root, self.python = root, python
        self.variables: dict[str, str] = {}
        for folder in ("code", "in", "parallel"):
            (root / folder).mkdir()
        self.out = root / "out" / "rows.txt"

    def write(self, name: str, text: str = "") -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
        return file

    def script(self, text: str) -> None:
        self.write("code/score.py", text)

    def inputs(self, *names: str) -> None:
        for name in names:
            self.write(f"in/{name}", name)

    def start(self, **said: Any) -> subprocess.Popen[str]:
        settings = {"input": str(self.root / "in"), "append_row_to": str(self.out), **DEFAULTS, **said}
        self.write("parallel/settings.json", json.dumps(settings))
        env = {"PATH": "/usr/bin:/bin", "AZUREML_LOGDIRECTORY_PATH": str(self.root / "logs"), "LANG": "C.UTF-8"}
        command = [self.python, "-u", str(PACKAGE / "__main__.py"), str(self.root / "parallel" / "settings.json")]
        pipe = subprocess.PIPE
        env |= {"PYTHONDONTWRITEBYTECODE": "1", **self.variables}
        return subprocess.Popen(
            command, cwd=self.root / "code", env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, code: int = 0, **said: Any) -> str:
        """What the step told; it must have ended with ``code``."""
        process = self.start(**said)
        out, err = process.communicate(timeout=400)
        assert (process.returncode, err) == (code, ""), out + err
        return out

    def rows(self) -> list[str]:
        return self.out.read_text(encoding="utf-8").splitlines()

    def log(self, kind: str) -> str:
        files = sorted((self.root / "logs").glob(kind))
        return "".join(file.read_text(encoding="utf-8") for file in files)
