"""Data: files on datastores, tables made of them, and their way into jobs and out of them."""

from azureml.data import dataset_type_definitions
from azureml.data.dataset_factory import DataType
from azureml.data.file_dataset import FileDataset
from azureml.data.output_dataset_config import (
    HDFSOutputDatasetConfig,
    LinkTabularOutputDatasetConfig,
    OutputFileDatasetConfig,
)
from azureml.data.tabular_dataset import TabularDataset

__all__ = [
    "DataType",
    "FileDataset",
    "HDFSOutputDatasetConfig",
    "LinkTabularOutputDatasetConfig",
    "OutputFileDatasetConfig",
    "TabularDataset",
    "dataset_type_definitions",
]
