"""Models whose framework says how they are asked, so that they need no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

from azureml.core.environment import CondaDependencies, Environment
from azureml.core.inference_config import InferenceConfig
from azureml.core.webservice import _sklearn_score
from azureml.exceptions import WebserviceException

_BY_THEMSELVES = (None, "Onnx", "Custom")


def config_of(models: Sequence[Any]) -> InferenceConfig | None:
    """The script and environment for a model of scikit-learn; None where the server asks a model by itself, or says why
    it does not. Raises :class:`WebserviceException` for another framework."""
    framework = models[0].model_framework
    if framework in _BY_THEMSELVES or models[0]._is_mlflow:
        return None
    if framework != "ScikitLearn" or len(models) > 1:
        raise WebserviceException(
            f"A model of {framework} is not asked without a script: pass an InferenceConfig, or save it with MLflow."
        )
    environment = Environment("no-code-sklearn")
    version = models[0].model_framework_version
    needed = f"scikit-learn=={version}" if version else "scikit-learn"
    environment.python.conda_dependencies = CondaDependencies.create(pip_packages=[needed, "pandas"])
    script = Path(_sklearn_score.__file__)
    return InferenceConfig(str(script), environment=environment)
