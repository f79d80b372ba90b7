"""The policy that ``early_termination`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lazuli.ml.search.halving import Asha, Hyperband
from lazuli.ml.search.policies import Bandit, MedianStopping, Policy, TruncationSelection
from lazuli.schema.problems import InvalidInput, did_you_mean

__all__ = ["POLICIES", "policy_for"]

POLICIES: dict[str, type[Policy]] = {
    "bandit": Bandit,
    "median_stopping": MedianStopping,
    "truncation_selection": TruncationSelection,
    "asha": Asha,
    "hyperband": Hyperband,
}
"""The policies by their words."""


def policy_for(said: Mapping[str, Any]) -> Policy:
    """The policy that the field ``early_termination`` says. Raises :class:`InvalidInput` for one that is not known."""
    kind = str(said["type"])
    if kind not in POLICIES:
        raise InvalidInput(
            f"There is no early termination policy '{kind}'.",
            target="early_termination.type",
            mend=did_you_mean(kind, sorted(POLICIES)),
        )
    fields = POLICIES[kind].__dataclass_fields__
    return POLICIES[kind](**{key: value for key, value in said.items() if key in fields and value is not None})
