"""What tests of services share: an environment that is there at once, and scripts."""

from __future__ import annotations

import sys
from pathlib import Path

from azureml.core import Environment, Workspace
from azureml.core.model import InferenceConfig, Model

WORD = """
import json
import os
from pathlib import Path

def init():
    global word
    word = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("*.txt")).read_text()
    print("the model is here")

def run(data):
    return [word] * len(json.loads(data)["data"])
"""
"""Says the model's word once for each row."""


def plain() -> Environment:
    """A bare Python, which nothing has to be built for."""
    made = Environment("plain")
    made.docker.base_image = f"python:{sys.version_info.major}.{sys.version_info.minor}"
    made.python.user_managed_dependencies = True
    return made


def my_own() -> Environment:
    """The Python of this process, in which the package is."""
    made = Environment("my-own")
    made.docker.base_image = f"interpreter:{sys.executable}"
    made.python.user_managed_dependencies = True
    made.environment_variables = {"GREETING": "hello"}
    return made


def word_model(ws: Workspace, name: str, word: str = "seven") -> Model:
    """A model that is one word, in a file of the working folder."""
    Path("word.txt").write_text(word)
    return Model.register(ws, "word.txt", name)


def scored(script: str = WORD, file: str = "score.py") -> InferenceConfig:
    """A scoring script in the working folder."""
    Path(file).write_text(script)
    return InferenceConfig(entry_script=file, environment=plain())
