"""Images with models in them, from before a service was deployed of a model and a script."""

from azureml.core.image.container import ContainerImage, ContainerImageConfig
from azureml.core.image.image import Image, ImageConfig

__all__ = ["ContainerImage", "ContainerImageConfig", "Image", "ImageConfig"]
