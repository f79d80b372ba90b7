"""An old import path."""

from azureml.accel import PredictionClient

__all__ = ["PredictionClient"]
