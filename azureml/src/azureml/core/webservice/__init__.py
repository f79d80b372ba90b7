"""Models that answer at an address: the platform's online endpoints."""

from azureml.core.webservice.aci import AciServiceDeploymentConfiguration, AciWebservice
from azureml.core.webservice.aks import (
    AksEndpoint,
    AksEndpointDeploymentConfiguration,
    AksServiceDeploymentConfiguration,
    AksWebservice,
)
from azureml.core.webservice.local import LocalWebservice, LocalWebserviceDeploymentConfiguration
from azureml.core.webservice.webservice import Webservice, WebserviceDeploymentConfiguration

__all__ = [
    "AciServiceDeploymentConfiguration",
    "AciWebservice",
    "AksEndpoint",
    "AksEndpointDeploymentConfiguration",
    "AksServiceDeploymentConfiguration",
    "AksWebservice",
    "LocalWebservice",
    "LocalWebserviceDeploymentConfiguration",
    "Webservice",
    "WebserviceDeploymentConfiguration",
]
