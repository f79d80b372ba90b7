"""The estimator for scikit-learn."""

from __future__ import annotations

from azureml.train._estimator import MMLBaseEstimator

__all__ = ["SKLearn"]


class SKLearn(MMLBaseEstimator):
    """Runs a script of one process with scikit-learn. See :class:`MMLBaseEstimator` for its keywords."""

    _framework, _extras, _first_version = "scikit-learn", ("joblib", "numpy", "scipy"), (0, 22, 1)
    _lacks = frozenset(
        {
            *("node_count", "process_count_per_node", "worker_count", "parameter_server_count"),
            *("distributed_backend", "distributed_training", "use_gpu", "custom_docker_base_image"),
            "source_directory_data_store",
        }
    )
