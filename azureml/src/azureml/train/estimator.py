"""The estimator for any script."""

from __future__ import annotations

from azureml.train._distributed_training import Mpi
from azureml.train._estimator import MMLBaseEstimator

__all__ = ["Estimator", "MMLBaseEstimator", "Mpi"]


class Estimator(MMLBaseEstimator):
    """Runs a script with the packages that are listed. See :class:`MMLBaseEstimator` for its keywords."""

    _lacks = frozenset({"worker_count", "parameter_server_count", "framework_version", "_enable_optimized_mode"})
