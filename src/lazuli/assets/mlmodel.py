"""MLmodel: the file by which MLflow says what a model is, read as far as it names flavors."""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from lazuli.schema.yaml import plain

__all__ = ["FILE", "LARGEST", "flavors_of"]

FILE = "MLmodel"
"""The name of the file, in the folder that it describes."""
LARGEST = 1 << 20
MOST_KEPT = 100_000
"""Bytes of flavors that a model's document may carry: far more than MLflow writes."""


def flavors_of(content: bytes | None) -> dict[str, dict[str, Any]]:
    """The flavors that the file ``content`` describes, each with what it says of itself; none where it is no MLmodel.

    The file comes from whoever made the model: only plain values are read, and what is too much is left out.
    """
    try:
        said = plain(content or b"", aliases=False)
        flavors = said.get("flavors") if isinstance(said, dict) else None
        flavors = flavors if isinstance(flavors, dict) else {}
        kept = {str(name): facts for name, facts in flavors.items() if isinstance(facts, dict)}
        written = orjson.dumps(kept, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, RecursionError):
        return {}
    if len(written) > MOST_KEPT or b"\\u0000" in written:
        return {}
    return orjson.loads(written)
