"""The kinds of step."""

from azureml.pipeline.steps._declined import (
    AdlaStep,
    AutoMLStep,
    AzureBatchStep,
    DatabricksStep,
    DataTransferStep,
    KustoStep,
    ModuleStep,
    SynapseSparkStep,
)
from azureml.pipeline.steps.command_step import CommandStep
from azureml.pipeline.steps.estimator_step import EstimatorStep
from azureml.pipeline.steps.hyper_drive_step import HyperDriveStep, HyperDriveStepRun
from azureml.pipeline.steps.mpi_step import MpiStep
from azureml.pipeline.steps.parallel_run_config import ParallelRunConfig
from azureml.pipeline.steps.parallel_run_step import ParallelRunStep
from azureml.pipeline.steps.python_script_step import PythonScriptStep
from azureml.pipeline.steps.r_script_step import RScriptStep

__all__ = [
    "AdlaStep",
    "AutoMLStep",
    "AzureBatchStep",
    "CommandStep",
    "DataTransferStep",
    "DatabricksStep",
    "EstimatorStep",
    "HyperDriveStep",
    "HyperDriveStepRun",
    "KustoStep",
    "ModuleStep",
    "MpiStep",
    "ParallelRunConfig",
    "ParallelRunStep",
    "PythonScriptStep",
    "RScriptStep",
    "SynapseSparkStep",
]
