"""Automated training, under the import path of v1."""

from azureml.train.automl.automlconfig import AutoMLConfig, AutoMLImageConfig
from azureml.train.automl.run import AutoMLRun

__all__ = ["AutoMLConfig", "AutoMLImageConfig", "AutoMLRun"]
