"""How the processes of an estimator's run find each other."""

from __future__ import annotations

from typing import Any

from azureml.core.runconfig import MpiConfiguration, PyTorchConfiguration, TensorflowConfiguration


class Mpi:
    """MPI, also for Horovod: so many processes on each node."""

    def __init__(self, process_count_per_node: int = 1) -> None:
        self.process_count_per_node = process_count_per_node

    def _configuration(self, nodes: int) -> MpiConfiguration:
        return MpiConfiguration(self.process_count_per_node, nodes)


class ParameterServer:
    """TensorFlow's workers and parameter servers."""

    def __init__(self, worker_count: int = 1, parameter_server_count: int = 1) -> None:
        self.worker_count = worker_count
        self.parameter_server_count = parameter_server_count

    def _configuration(self, nodes: int) -> TensorflowConfiguration:
        return TensorflowConfiguration(self.worker_count, self.parameter_server_count)


class Gloo:
    """PyTorch's processes with Gloo, one a node."""

    def _configuration(self, nodes: int) -> PyTorchConfiguration:
        return PyTorchConfiguration(type(self).__name__, nodes, nodes)


class Nccl(Gloo):
    """PyTorch's processes with NCCL, one a node."""


def named(backend: str, processes: int, workers: int, servers: int) -> Any:
    """The one that an estimator's ``distributed_backend`` names; None where there is no such."""
    made = {
        "mpi": lambda: Mpi(processes),
        "ps": lambda: ParameterServer(workers, servers),
        "gloo": Gloo,
        "nccl": Nccl,
    }.get(backend.lower())
    return made() if made else None
