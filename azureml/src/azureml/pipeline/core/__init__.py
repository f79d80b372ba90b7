"""Pipelines, what they are made of, and their runs."""

from azureml.pipeline.core.builder import PipelineData, PipelineStep, StepSequence
from azureml.pipeline.core.graph import PipelineParameter, TrainingOutput
from azureml.pipeline.core.pipeline import Pipeline
from azureml.pipeline.core.run import PipelineRun, PortDataReference, StepRun, StepRunOutput

__all__ = [
    "Pipeline",
    "PipelineData",
    "PipelineParameter",
    "PipelineRun",
    "PipelineStep",
    "PortDataReference",
    "StepRun",
    "StepRunOutput",
    "StepSequence",
    "TrainingOutput",
]
