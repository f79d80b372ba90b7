"""A name for a job that was given none: ``calm_river_4k2m9x7qwz``."""

from __future__ import annotations

import secrets
import string

__all__ = ["job_name"]

_ADJECTIVES = (
    "amber", "bold", "brave", "bright", "calm", "clever", "cool", "crisp", "deep", "eager", "early", "fair", "fresh",
    "gentle", "golden", "green", "happy", "honest", "keen", "kind", "light", "lively", "lucid", "mellow", "neat",
    "noble", "patient", "plain", "proud", "quick", "quiet", "rapid", "ready", "silver", "simple", "smooth", "steady",
    "still", "strong", "sunny", "swift", "tidy", "warm", "wise",
)  # fmt: skip
_NOUNS = (
    "anchor", "arch", "basin", "bay", "beacon", "birch", "bridge", "brook", "canyon", "cedar", "cliff", "cloud",
    "comet", "coral", "creek", "dune", "falcon", "fern", "field", "fjord", "forest", "garden", "glacier", "harbor",
    "heron", "hill", "island", "lagoon", "lake", "lantern", "maple", "meadow", "moon", "oak", "orchard", "pebble",
    "pine", "reef", "river", "sail", "stone", "tide", "valley", "willow",
)  # fmt: skip
_LETTERS = string.ascii_lowercase + string.digits


def job_name() -> str:
    """A name that nobody else has: two words to remember and ten random characters."""
    tail = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{secrets.choice(_ADJECTIVES)}_{secrets.choice(_NOUNS)}_{tail}"
