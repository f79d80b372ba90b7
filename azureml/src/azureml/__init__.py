"""Scripts written for Azure ML's SDK v1, on Lazuli: the package ``azureml``, standing on Lazuli's REST API."""

from azureml._lazuli import beside

beside.warn()
del beside
