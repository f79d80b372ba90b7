"""Lazuli: the whole of Azure Machine Learning on your own machine, then on your own cluster."""

__version__ = "0.1.0"
