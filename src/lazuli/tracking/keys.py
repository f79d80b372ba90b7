"""How a run is called in the tables: job names are only unique in their workspace, rows must be so everywhere."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from functools import lru_cache

from lazuli.schema.identity import Scope

__all__ = ["new_experiment_id", "new_model_id", "new_run_id", "new_run_name", "run_id_of", "run_key"]


def run_key(scope: Scope, run_id: str) -> str:
    """The key of a run's rows: a digest of its workspace, then the id that the user sees."""
    return f"{_digest(scope.key)}/{run_id}"


def run_id_of(key: str) -> str:
    """The id that the user sees."""
    return key.partition("/")[2]


@lru_cache(maxsize=1024)
def _digest(scope_key: str) -> str:
    return hashlib.sha256(scope_key.encode()).hexdigest()[:12]


def new_run_id() -> str:
    """A fresh run id, spelt as MLflow spells them."""
    return uuid.uuid4().hex


def new_experiment_id() -> str:
    """A fresh experiment id."""
    return str(uuid.uuid4())


def new_model_id() -> str:
    """A fresh logged model's id, spelt as MLflow spells them."""
    return f"m-{uuid.uuid4().hex}"


_QUALITIES = ("amber", "brisk", "calm", "deep", "early", "fair", "gentle", "keen", "lucid", "mellow", "quiet", "vivid")
_THINGS = ("basin", "cliff", "dune", "fjord", "grove", "harbor", "island", "lagoon", "meadow", "quarry", "reef", "vale")


def new_run_name() -> str:
    """A name for a run or model that was given none."""
    return f"{secrets.choice(_QUALITIES)}_{secrets.choice(_THINGS)}_{secrets.token_hex(4)}"
