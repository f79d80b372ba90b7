"""Steps of services that Lazuli does not have. They can be made, and a pipeline says what to use instead."""

from __future__ import annotations

from typing import Any

from azureml._lazuli.declined import Declined
from azureml.pipeline.core._module import MODULES

__all__ = [
    "AdlaStep",
    "AutoMLStep",
    "AzureBatchStep",
    "DataTransferStep",
    "DatabricksStep",
    "KustoStep",
    "ModuleStep",
    "SynapseSparkStep",
]


class AdlaStep(Declined):
    """A script of U-SQL; a pipeline refuses it."""

    _instead = "Read the data in a PythonScriptStep: Lazuli has no Data Lake Analytics."

    def __init__(
        self,
        script_name: Any,
        name: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        params: Any = None,
        degree_of_parallelism: Any = None,
        priority: Any = None,
        runtime_version: Any = None,
        compute_target: Any = None,
        source_directory: Any = None,
        allow_reuse: Any = True,
        version: Any = None,
        hash_paths: Any = None,
    ) -> None:
        pass


class AutoMLStep(Declined):
    """Automated training; a pipeline refuses it."""

    _instead = "Train in a PythonScriptStep or a HyperDriveStep; automated jobs are for v2 clients."

    def __init__(
        self,
        name: Any,
        automl_config: Any,
        inputs: Any = None,
        outputs: Any = None,
        script_repl_params: Any = None,
        allow_reuse: Any = True,
        version: Any = None,
        hash_paths: Any = None,
        enable_default_model_output: Any = True,
        enable_default_metrics_output: Any = True,
        passthru_automl_config: Any = None,
    ) -> None:
        pass


class AzureBatchStep(Declined):
    """A program on Azure Batch; a pipeline refuses it."""

    _instead = "Run the program with a CommandStep, on a cluster of Lazuli."

    def __init__(
        self,
        name: Any,
        create_pool: Any = False,
        pool_id: Any = None,
        delete_batch_job_after_finish: Any = True,
        delete_batch_pool_after_finish: Any = False,
        is_positive_exit_code_failure: Any = True,
        vm_image_urn: Any = "urn:MicrosoftWindowsServer:WindowsServer:2012-R2-Datacenter",
        run_task_as_admin: Any = False,
        target_compute_nodes: Any = 1,
        vm_size: Any = "standard_d1_v2",
        source_directory: Any = None,
        executable: Any = None,
        arguments: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        allow_reuse: Any = True,
        compute_target: Any = None,
        version: Any = None,
    ) -> None:
        pass


class DataTransferStep(Declined):
    """A copy by Data Factory; a pipeline refuses it."""

    _instead = "Copy the files in a PythonScriptStep that reads one place and writes the other."

    def __init__(
        self,
        name: Any,
        source_data_reference: Any = None,
        destination_data_reference: Any = None,
        compute_target: Any = None,
        source_reference_type: Any = None,
        destination_reference_type: Any = None,
        allow_reuse: Any = True,
    ) -> None:
        pass


class DatabricksStep(Declined):
    """What Databricks runs; a pipeline refuses it."""

    _instead = "Run the notebook or script as a PythonScriptStep: Lazuli has no Databricks."

    def __init__(
        self,
        name: Any,
        inputs: Any = None,
        outputs: Any = None,
        existing_cluster_id: Any = None,
        spark_version: Any = None,
        node_type: Any = None,
        instance_pool_id: Any = None,
        num_workers: Any = None,
        min_workers: Any = None,
        max_workers: Any = None,
        spark_env_variables: Any = None,
        spark_conf: Any = None,
        init_scripts: Any = None,
        cluster_log_dbfs_path: Any = None,
        notebook_path: Any = None,
        notebook_params: Any = None,
        python_script_path: Any = None,
        python_script_params: Any = None,
        main_class_name: Any = None,
        jar_params: Any = None,
        python_script_name: Any = None,
        source_directory: Any = None,
        hash_paths: Any = None,
        run_name: Any = None,
        timeout_seconds: Any = None,
        runconfig: Any = None,
        maven_libraries: Any = None,
        pypi_libraries: Any = None,
        egg_libraries: Any = None,
        jar_libraries: Any = None,
        rcran_libraries: Any = None,
        compute_target: Any = None,
        allow_reuse: Any = True,
        version: Any = None,
        permit_cluster_restart: Any = None,
    ) -> None:
        pass


class KustoStep(Declined):
    """A query of Data Explorer; a pipeline refuses it."""

    _instead = "Ask the database in a PythonScriptStep, with a secret of the workspace."

    def __init__(
        self,
        name: Any,
        compute_target: Any,
        database_name: Any,
        query_directory: Any,
        output: Any,
        parameter_dict: Any = None,
        allow_reuse: Any = False,
    ) -> None:
        pass


class ModuleStep(Declined):
    """A published module; a pipeline refuses it."""

    _instead = MODULES

    def __init__(
        self,
        module: Any = None,
        version: Any = None,
        module_version: Any = None,
        inputs_map: Any = None,
        outputs_map: Any = None,
        compute_target: Any = None,
        runconfig: Any = None,
        runconfig_pipeline_params: Any = None,
        arguments: Any = None,
        params: Any = None,
        name: Any = None,
        _workflow_provider: Any = None,
    ) -> None:
        pass


class SynapseSparkStep(Declined):
    """A script of Spark; a pipeline refuses it."""

    _instead = "Lazuli has no Spark: use pandas, Dask or a ParallelRunStep."

    def __init__(
        self,
        file: Any,
        source_directory: Any,
        compute_target: Any,
        driver_memory: Any,
        driver_cores: Any,
        executor_memory: Any,
        executor_cores: Any,
        num_executors: Any,
        name: Any = None,
        app_name: Any = None,
        environment: Any = None,
        arguments: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        conf: Any = None,
        py_files: Any = None,
        jars: Any = None,
        files: Any = None,
        allow_reuse: Any = True,
        version: Any = None,
    ) -> None:
        pass
