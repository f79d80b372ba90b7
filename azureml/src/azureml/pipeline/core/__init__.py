"""Pipelines, what they are made of, and their runs."""

from azureml.pipeline.core.builder import PipelineData, PipelineStep, StepSequence
from azureml.pipeline.core.graph import PipelineParameter, TrainingOutput
from azureml.pipeline.core.module import Module, ModuleVersion
from azureml.pipeline.core.pipeline import Pipeline
from azureml.pipeline.core.pipeline_draft import PipelineDraft
from azureml.pipeline.core.pipeline_endpoint import PipelineEndpoint
from azureml.pipeline.core.published_pipeline import PublishedPipeline
from azureml.pipeline.core.run import PipelineRun, PortDataReference, StepRun, StepRunOutput
from azureml.pipeline.core.schedule import Schedule, ScheduleRecurrence, TimeZone

__all__ = [
    "Module",
    "ModuleVersion",
    "Pipeline",
    "PipelineData",
    "PipelineDraft",
    "PipelineEndpoint",
    "PipelineParameter",
    "PipelineRun",
    "PipelineStep",
    "PortDataReference",
    "PublishedPipeline",
    "Schedule",
    "ScheduleRecurrence",
    "StepRun",
    "StepRunOutput",
    "StepSequence",
    "TimeZone",
    "TrainingOutput",
]
