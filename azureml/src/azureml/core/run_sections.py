"""The sections of a run's settings: its processes, its container, and what else is written down for it."""

from __future__ import annotations

from typing import Any

from azureml.exceptions import RunConfigurationException


class MpiConfiguration:
    """So many processes of MPI on each of so many nodes."""

    def __init__(self, process_count_per_node: int = 1, node_count: int = 1) -> None:
        self.process_count_per_node = process_count_per_node
        self.node_count = node_count

    def _told(self, nodes: int) -> dict[str, Any]:
        return {"distributionType": "Mpi", "processCountPerInstance": self.process_count_per_node}


class PyTorchConfiguration:
    """So many processes of PyTorch over so many nodes; one a node where no number is given."""

    def __init__(
        self, communication_backend: str = "Nccl", process_count: int | None = None, node_count: int = 1
    ) -> None:
        self.communication_backend = communication_backend
        self.process_count = process_count
        self.node_count = node_count

    def _told(self, nodes: int) -> dict[str, Any]:
        count = self.process_count or nodes
        if count % nodes:
            raise RunConfigurationException(
                f"process_count {count} cannot be shared evenly among {nodes} nodes. Choose a multiple."
            )
        return {"distributionType": "PyTorch", "processCountPerInstance": count // nodes}


class TensorflowConfiguration:
    """So many workers and parameter servers of TensorFlow, dealt out to the nodes of the run's settings."""

    def __init__(self, worker_count: int = 1, parameter_server_count: int = 1) -> None:
        self.worker_count = worker_count
        self.parameter_server_count = parameter_server_count

    @property
    def node_count(self) -> int:
        """How many nodes they need: one, whose cores they share."""
        return 1

    def _told(self, nodes: int) -> dict[str, Any]:
        servers = self.parameter_server_count
        return {"distributionType": "TensorFlow", "workerCount": self.worker_count, "parameterServerCount": servers}


class DockerConfiguration:
    """Whether a run is in a container, and how. Known images need none; then it changes nothing."""

    def __init__(
        self,
        use_docker: bool = False,
        shared_volumes: bool = True,
        arguments: list[str] | None = None,
        shm_size: str | None = "2g",
    ) -> None:
        self.use_docker = use_docker
        self.shared_volumes = shared_volumes
        self.arguments = arguments or []
        self.shm_size = shm_size

    def _told(self) -> dict[str, Any]:
        """What the server is told of the container, where there is one."""
        if not self.use_docker:
            return {}
        return {
            **({"shmSize": self.shm_size} if self.shm_size else {}),
            **({"dockerArgs": " ".join(self.arguments)} if self.arguments else {}),
        }


class HistoryConfiguration:
    """What is kept of a run. All of it always is."""

    def __init__(self) -> None:
        self.output_collection = True
        self.snapshot_project = True
        self.directories_to_watch = ["logs"]


class SparkConfiguration:
    """Settings of Spark. Kept as said: there is no Spark here."""

    def __init__(self) -> None:
        self.configuration: dict[str, Any] = {}


class HdiConfiguration:
    """Settings of HDInsight. Kept as said: there is no Spark here."""

    def __init__(self) -> None:
        self.yarn_deploy_mode: str | None = "cluster"


class AmlComputeConfiguration:
    """The compute that Azure makes for one run whose target is ``amlcompute``; here the server's machine stands in."""

    def __init__(self) -> None:
        self.vm_size: str | None = None
        self.vm_priority: str | None = None
        self._name: str | None = None
        self._retain_cluster = False
        self._cluster_max_node_count: int | None = None
