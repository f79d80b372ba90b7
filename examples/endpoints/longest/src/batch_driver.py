"""The longest words of each text, but none of those that the model leaves out."""

import json
import os
import re
from pathlib import Path

said = {}


def init():
    """Read the model, once in each process."""
    said.update(json.loads(Path(os.environ["AZUREML_MODEL_DIR"], "model", "words.json").read_text()))


def run(mini_batch):
    """A row for each text."""
    rows = []
    for path in map(Path, mini_batch):
        words = set(re.findall(r"\w+", path.read_text().lower())) - set(said["left_out"])
        longest = sorted(words, key=lambda word: (-len(word), word))[: said["most"]]
        rows.append(f"{path.name},{' '.join(longest)}")
    return rows
