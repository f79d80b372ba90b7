"""How many instances a deployment is to have: as many as it says, or as its load asks for.

The front adds up, over time, how many requests are being answered or wait. From two looks follows how many there were
at a time on the average; each instance is to have so many of them as is its share. More instances come at once where
the load is a tenth above that; one goes only when a while of looks has not asked for it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lazuli.resources.deployment import OnlineDeployment, RequestSettings, ScaleSettings, ScaleType

__all__ = ["Load", "Loads", "bounds"]

TARGET, POLLING_S = 70, 1
TOLERANCE = 1.1
LOOKS = 5
"""So many looks have to agree before an instance goes."""


@dataclass
class Load:
    """What was seen of a deployment of late."""

    due_ms: int = 0
    seen: tuple[int, float] | None = None
    wanted: deque[int] = field(default_factory=lambda: deque(maxlen=LOOKS))


def is_scaled(said: OnlineDeployment) -> bool:
    """Whether the load says how many instances there are."""
    scale = said.scale_settings
    return scale is not None and scale.type in (ScaleType.TARGET_UTILIZATION, ScaleType.AUTO)


def bounds(said: OnlineDeployment) -> tuple[int, int]:
    """How many instances there are at least and at most."""
    scale = said.scale_settings or ScaleSettings()
    if not is_scaled(said):
        count = scale.instance_count or said.instance_count
        return count, count
    least = max(1, scale.min_instances or 1)
    return least, max(least, scale.max_instances or said.instance_count)


class Loads:
    """The loads of deployments, as this server has seen them."""

    def __init__(self) -> None:
        self._loads: dict[str, Load] = {}

    def wanted(
        self, key: str, said: OnlineDeployment, count: int, state: Mapping[str, Any] | None, now_ms: int
    ) -> tuple[int, str]:
        """How many instances a deployment of ``count`` is to have, and why where that is another number.

        ``state`` is what its front says of it.
        """
        least, most = bounds(said)
        if not is_scaled(said) or not least <= count <= most:
            return max(least, min(count, most)), ""
        load = self._loads.setdefault(key, Load())
        scale = said.scale_settings or ScaleSettings()
        if now_ms < load.due_ms or state is None:
            return count, ""
        load.due_ms = now_ms + 1000 * (scale.polling_interval or POLLING_S)
        before, load.seen = load.seen, (now_ms, float(state.get("pending_seconds_total", 0.0)))
        if before is None or before[0] >= now_ms or load.seen[1] < before[1]:
            return count, ""
        at_a_time = 1000 * (load.seen[1] - before[1]) / (now_ms - before[0])
        share = (scale.target_utilization_percentage or TARGET) / 100
        share *= (said.request_settings or RequestSettings()).max_concurrent_requests_per_instance
        need = max(least, min(most, math.ceil(at_a_time / share)))
        load.wanted.append(need)
        if need > count and at_a_time > TOLERANCE * share * count:
            return need, f"{at_a_time:.1f} requests at a time, of which one instance is to have {share:.1f}."
        if len(load.wanted) == LOOKS and max(load.wanted) < count:
            fewer = max(load.wanted)
            load.wanted.clear()
            return fewer, f"{at_a_time:.1f} requests at a time, of which one instance is to have {share:.1f}."
        return count, ""

    def again_ms(self, key: str, said: OnlineDeployment, now_ms: int) -> int | None:
        """When to look at a load again; None where nothing depends on it."""
        if not is_scaled(said):
            return None
        return max(50, self._loads.get(key, Load()).due_ms - now_ms)
