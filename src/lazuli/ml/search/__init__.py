"""The search for hyperparameters: what to try next, what to give up, and what mattered.

Nothing here knows a server, a file or a clock: the same questions have the same answers, today and after a crash.

::

    sampler = sampler_for(space, {"type": "random", "seed": 7}, goal="minimize", total=20)
    sampler.ask(0, past=[])               # {"lr": 0.32, "opt": "sgd"}
    policy = policy_for({"type": "bandit", "slack_factor": 0.1})
    judge(policy, "minimize", trials)     # {3, 5}: the running trials to be given up now
"""

from __future__ import annotations

from lazuli.ml.search.algorithms import SAMPLERS, sampler_for
from lazuli.ml.search.chosen import policy_for
from lazuli.ml.search.importance import importance
from lazuli.ml.search.policies import Policy, judge
from lazuli.ml.search.samplers import Sampler
from lazuli.ml.search.space import names_in, said
from lazuli.ml.search.trial import Trial, best_of

__all__ = [
    "SAMPLERS",
    "Policy",
    "Sampler",
    "Trial",
    "best_of",
    "importance",
    "judge",
    "names_in",
    "policy_for",
    "said",
    "sampler_for",
]
