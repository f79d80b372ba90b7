"""Virtual environments for other people's clients, built once and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_WITH_ALL = [
    "onnx>=1.19,<2",
    "onnxruntime>=1.20",
    "pandas>=2.2",
    "protobuf<7",
    "pyyaml",
    "requests",
    "mlflow-skinny==3.17.2",
]
_NETWORKS = {
    "torch": ["torch==2.13.0", "onnxscript>=0.7", "catboost>=1.2.10", *_WITH_ALL],
    "keras": ["tensorflow-cpu>=2.21,<3", "keras>=3.15", "tf2onnx>=1.17", *_WITH_ALL],
}
"""Libraries of networks, with what their tests need to train, to track and to export."""


def network_environment(library: str) -> Path:
    """The Python of an environment that holds ``torch`` or ``keras``, and nothing of this project."""
    return client_environment(library, _NETWORKS[library], compiles=False)


def client_environment(name: str, requirements: Sequence[str], *, compiles: bool = True) -> Path:
    """The Python of an environment that holds ``requirements`` and nothing of this project.

    It is kept below ``LAZULI_TEST_CACHE`` (else ``.cache`` of the repository) under the name and a hash of what it
    holds. Whoever comes while another process builds it waits for that; one that was left unfinished is built anew.
    What is compiled starts sooner; of a large library a test needs so little that it does not pay.
    """
    wanted = "\n".join([sys.version, *sorted(requirements)])
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:12]
    root = Path(os.environ.get("LAZULI_TEST_CACHE") or REPOSITORY / ".cache") / "envs"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"{name}-{digest}"
    python, finished = folder / "bin" / "python", folder / "finished"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(folder))
            compiled = ["--compile-bytecode"] if compiles else []
            _uv("pip", "install", *compiled, "--python", str(python), *_wheels(), *requirements)
            finished.touch()
    return python


def _wheels() -> list[str]:
    """Where pip was told to find wheels, as a build of PyTorch without CUDA; else uv is to find such a build."""
    places = os.environ.get("PIP_FIND_LINKS", "").split()
    return [word for place in places for word in ("--find-links", place)] or ["--torch-backend", "cpu"]


def _uv(*words: str) -> None:
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise RuntimeError("uv is needed to build the clients' environments; install the dev group")
    done = subprocess.run([uv, *words, "--quiet"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"uv {words[0]} failed:\n{done.stderr}")
