"""Kinds of compute target that Lazuli does not reach: none is ever found, and making one says what to use instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, NoReturn

from azureml._lazuli.declined import refusal
from azureml.core.compute.compute import ComputeTarget, ComputeTargetAttachConfiguration

if TYPE_CHECKING:
    from azureml.core.workspace import Workspace

_CLUSTER = "Use a cluster: AmlCompute.provisioning_configuration(vm_size, max_nodes)."
_SPARK = f"There is no Spark: read the data with pandas or polars in a job. {_CLUSTER}"
_QUERY = f"Ask it from a script in a job, with its own Python client. {_CLUSTER}"


class _Configuration(ComputeTargetAttachConfiguration):
    """What was said of a target that cannot be had."""

    def __init__(self, kind: type[_Refused], said: Mapping[str, Any]) -> None:
        self._kind = kind
        self.__dict__.update(said)

    def validate_configuration(self) -> NoReturn:
        """Raises what to use instead."""
        raise refusal(self._kind.__name__, self._kind._instead)


class _Refused(ComputeTarget):
    _is_declined = True
    _instead = _CLUSTER


class RemoteCompute(_Refused):
    """A machine that is reached by SSH."""

    _type = "VirtualMachine"

    @staticmethod
    def attach(  # pyright: ignore[reportIncompatibleMethodOverride]
        workspace: Workspace,
        name: str,
        username: str,
        address: str,
        ssh_port: int = 22,
        password: str = "",
        private_key_file: str = "",
        private_key_passphrase: str = "",
    ) -> NoReturn:
        """Raises what to use instead."""
        raise refusal("RemoteCompute", _CLUSTER)

    @staticmethod
    def attach_configuration(
        username: str,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        vm_name: str | None = None,
        resource_id: str | None = None,
        address: str | None = None,
        ssh_port: int = 22,
        password: str = "",
        private_key_file: str = "",
        private_key_passphrase: str = "",
    ) -> _Configuration:
        """Which machine; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(RemoteCompute, locals())


class HDInsightCompute(_Refused):
    """A cluster of HDInsight."""

    _type, _instead = "HDInsight", _SPARK

    @staticmethod
    def attach(  # pyright: ignore[reportIncompatibleMethodOverride]
        workspace: Workspace,
        name: str,
        username: str,
        address: str,
        ssh_port: int | str = "22",
        password: str = "",
        private_key_file: str = "",
        private_key_passphrase: str = "",
    ) -> NoReturn:
        """Raises what to use instead."""
        raise refusal("HDInsightCompute", _SPARK)

    @staticmethod
    def attach_configuration(
        username: str,
        subscription_id: str | None = None,
        resource_group: str | None = None,
        cluster_name: str | None = None,
        resource_id: str | None = None,
        address: str | None = None,
        ssh_port: int | str = "22",
        password: str = "",
        private_key_file: str = "",
        private_key_passphrase: str = "",
    ) -> _Configuration:
        """Which cluster; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(HDInsightCompute, locals())


class DatabricksCompute(_Refused):
    """A workspace of Databricks."""

    _type, _instead = "Databricks", _SPARK

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None,
        workspace_name: str | None = None,
        resource_id: str | None = None,
        access_token: str = "",
    ) -> _Configuration:
        """Which workspace; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(DatabricksCompute, locals())


class SynapseCompute(_Refused):
    """A pool of Synapse."""

    _type, _instead = "SynapseSpark", _SPARK

    @staticmethod
    def attach_configuration(linked_service: Any, type: str, pool_name: str) -> _Configuration:
        """Which pool; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(SynapseCompute, locals())


class DataFactoryCompute(_Refused):
    """A data factory, which copies between stores."""

    _type = "DataFactory"
    _instead = f"Copy with a script in a job, between a mounted input and an output. {_CLUSTER}"

    @staticmethod
    def provisioning_configuration(location: str | None = None) -> _Configuration:
        """Where; :meth:`ComputeTarget.create` refuses it."""
        return _Configuration(DataFactoryCompute, locals())

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None, factory_name: str | None = None, resource_id: str | None = None
    ) -> _Configuration:
        """Which data factory; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(DataFactoryCompute, locals())


class AdlaCompute(_Refused):
    """An account of Data Lake Analytics."""

    _type, _instead = "DataLakeAnalytics", _QUERY

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None, account_name: str | None = None, resource_id: str | None = None
    ) -> _Configuration:
        """Which account; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(AdlaCompute, locals())


class KustoCompute(_Refused):
    """A cluster of Data Explorer."""

    _type, _instead = "Kusto", _QUERY

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None,
        workspace_name: str | None = None,
        resource_id: str | None = None,
        tenant_id: str | None = None,
        kusto_connection_string: str | None = None,
        application_id: str | None = None,
        application_key: str | None = None,
    ) -> _Configuration:
        """Which cluster; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(KustoCompute, locals())


class BatchCompute(_Refused):
    """An account of Azure Batch."""

    _type = "Batch"

    @staticmethod
    def attach_configuration(
        resource_group: str | None = None, account_name: str | None = None, resource_id: str | None = None
    ) -> _Configuration:
        """Which account; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(BatchCompute, locals())


class KubernetesCompute(_Refused):
    """A cluster of Kubernetes."""

    _type = "Kubernetes"

    @staticmethod
    def attach_configuration(
        resource_id: str | None = None,
        namespace: str | None = None,
        identity_type: str | None = None,
        identity_ids: list[str] | None = None,
    ) -> _Configuration:
        """Which cluster; :meth:`ComputeTarget.attach` refuses it."""
        return _Configuration(KubernetesCompute, locals())


class DsvmCompute(_Refused):
    """A machine with the tools of data science."""

    _type = "DataScienceVM"
    _instead = "Use an instance: ComputeInstance.provisioning_configuration(vm_size); or a cluster."

    @staticmethod
    def provisioning_configuration(
        vm_size: str | None = None, ssh_port: int | None = None, location: str | None = None
    ) -> _Configuration:
        """Which machine; :meth:`ComputeTarget.create` refuses it."""
        return _Configuration(DsvmCompute, locals())


class BatchAiCompute(_Refused):
    """A cluster of Batch AI, which Azure ended."""

    _type = "BatchAI"

    @staticmethod
    def provisioning_configuration(
        vm_size: str | None = None,
        autoscale_enabled: bool = False,
        cluster_min_nodes: int | None = None,
        cluster_max_nodes: int | None = None,
        vm_priority: str | None = None,
        location: str | None = None,
    ) -> _Configuration:
        """Which cluster; :meth:`ComputeTarget.create` refuses it."""
        return _Configuration(BatchAiCompute, locals())
