"""Models that answer at an address: the platform's online endpoints."""

from azureml.core.webservice.webservice import (
    AciServiceDeploymentConfiguration,
    AciWebservice,
    AksServiceDeploymentConfiguration,
    AksWebservice,
    LocalWebservice,
    LocalWebserviceDeploymentConfiguration,
    Webservice,
)

__all__ = [
    "AciServiceDeploymentConfiguration",
    "AciWebservice",
    "AksServiceDeploymentConfiguration",
    "AksWebservice",
    "LocalWebservice",
    "LocalWebserviceDeploymentConfiguration",
    "Webservice",
]
