"""What scoring scripts say who take requests as they come. Behind an endpoint its server has these names itself."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

__all__ = ["AMLRequest", "AMLResponse", "rawhttp"]
