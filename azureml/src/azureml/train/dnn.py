"""Estimators for deep learning: each adds the newest version of its framework, or the one that is named."""

from __future__ import annotations

from azureml.train._distributed_training import Gloo, Mpi, Nccl, ParameterServer
from azureml.train._estimator import MMLBaseEstimator

__all__ = ["Chainer", "Gloo", "Mpi", "Nccl", "ParameterServer", "PyTorch", "TensorFlow"]

_OF_TENSORFLOW = frozenset({"worker_count", "parameter_server_count"})


class PyTorch(MMLBaseEstimator):
    """Runs a script with PyTorch and torchvision. See :class:`MMLBaseEstimator` for its keywords."""

    _framework, _extras, _first_version = "torch", ("torchvision",), (1, 4)
    _lacks = _OF_TENSORFLOW


class TensorFlow(MMLBaseEstimator):
    """Runs a script with TensorFlow. See :class:`MMLBaseEstimator` for its keywords."""

    _framework, _first_version = "tensorflow", (2, 2)


class Chainer(MMLBaseEstimator):
    """Runs a script with Chainer. See :class:`MMLBaseEstimator` for its keywords.

    Its Python is 3.8: Chainer ended before later ones.
    """

    _framework, _extras, _first_version = "chainer", ("numpy<1.24", "setuptools<60"), (5,)
    _python = "3.8"
    _lacks = _OF_TENSORFLOW
