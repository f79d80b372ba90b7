"""The kinds of step."""

from azureml.pipeline.steps.python_script_step import PythonScriptStep

__all__ = ["PythonScriptStep"]
