"""Azure's open datasets. They lie on the internet, and nothing of them is part of Lazuli: a copy of one's own is read.

``LAZULI_OPENDATASETS`` names a folder with a folder for each dataset, such as ``mnist`` with its four ``.gz`` files or
``diabetes`` with Parquet or CSV files.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from azureml.data.dataset_factory import FileDatasetFactory, TabularDatasetFactory
from azureml.data.file_dataset import FileDataset
from azureml.data.tabular_dataset import TabularDataset
from azureml.exceptions import UserErrorException

__all__ = [
    "MNIST",
    "Diabetes",
    "NoaaIsdWeather",
    "NycTlcGreen",
    "NycTlcYellow",
    "OjSalesSimulated",
    "PublicHolidays",
]

VARIABLE = "LAZULI_OPENDATASETS"
_READERS = {
    "**/*.parquet": TabularDatasetFactory.from_parquet_files,
    "**/*.csv": TabularDatasetFactory.from_delimited_files,
    "**/*.jsonl": TabularDatasetFactory.from_json_lines_files,
}


class OpenDatasetBase:
    """An open dataset, read from a copy of one's own."""

    _FOLDER = ""

    @classmethod
    def get_file_dataset(cls, enable_telemetry: bool = True) -> FileDataset:
        """The files. Raises :class:`UserErrorException` where there is no copy, and says how to provide one."""
        return FileDatasetFactory.from_files(f"{cls._place()}/**")

    @classmethod
    def get_tabular_dataset(cls, enable_telemetry: bool = True) -> TabularDataset:
        """The rows of the Parquet, CSV or JSON lines files. Raises as :meth:`get_file_dataset` does."""
        place = cls._place()
        for pattern, reader in _READERS.items():
            if any(place.glob(pattern)):
                return reader(f"{place}/{pattern}")
        raise UserErrorException(f"'{place}' has no .parquet, .csv or .jsonl file.", target=VARIABLE)

    def to_pandas_dataframe(self) -> Any:
        """The rows as a pandas DataFrame. Raises as :meth:`get_file_dataset` does."""
        return self.get_tabular_dataset().to_pandas_dataframe()

    @classmethod
    def _place(cls) -> Path:
        folder = os.environ.get(VARIABLE)
        place = Path(folder).expanduser() / cls._FOLDER if folder else None
        if place is None or not place.is_dir():
            what = f"there is no folder '{place}'" if place else f"{VARIABLE} is not set"
            raise UserErrorException(
                f"{cls.__name__} is fetched from the internet on Azure; here a copy of yours is read, and {what}. "
                f"Download the files once, and set {VARIABLE} to the folder above '{cls._FOLDER}'.",
                target=VARIABLE,
            )
        return place


class _Instance(OpenDatasetBase):
    """One that is made with a span of time and columns."""

    _TIME = ""

    def __init__(
        self,
        start_date: datetime = datetime(2008, 1, 1),
        end_date: datetime | None = None,
        cols: list[str] | None = None,
        enable_telemetry: bool = True,
    ) -> None:
        self._span = (start_date, end_date or datetime.now())
        self._columns = cols

    def to_pandas_dataframe(self) -> Any:
        """The rows of the span of time as a pandas DataFrame, with the columns that were asked for."""
        frame = super().to_pandas_dataframe()
        if self._TIME in frame.columns:
            frame = frame[(frame[self._TIME] >= self._span[0]) & (frame[self._TIME] <= self._span[1])]
        columns = [self._TIME, *(self._columns or ())] if self._columns else list(frame.columns)
        return frame[list(dict.fromkeys(name for name in columns if name in frame.columns))]


class MNIST(OpenDatasetBase):
    """Pictures of digits. ``dataset_filter`` is "all", "train" or "test"."""

    _FOLDER = "mnist"

    @classmethod
    def get_file_dataset(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, dataset_filter: str = "all", enable_telemetry: bool = True
    ) -> FileDataset:
        """The files of a part."""
        parts = {"all": "*", "train": "train*", "test": "t10k*"}
        if dataset_filter not in parts:
            raise UserErrorException(
                f"dataset_filter is '{dataset_filter}': 'all', 'train' or 'test'.", target="dataset_filter"
            )
        return FileDatasetFactory.from_files(f"{cls._place()}/{parts[dataset_filter]}")


class SampleDatasetBase(OpenDatasetBase):
    """One that is small enough to be read whole."""


class Diabetes(SampleDatasetBase):
    """Measurements of patients, and how their diabetes progressed."""

    _FOLDER = "diabetes"


class OjSalesSimulated(SampleDatasetBase):
    """Simulated sales of orange juice."""

    _FOLDER = "oj_sales_simulated"


class NoaaIsdWeather(_Instance):
    """Weather of the stations of the world."""

    _FOLDER, _TIME = "noaa_isd_weather", "datetime"


class _Taxi(_Instance):
    """Rides of taxis."""

    def __init__(
        self,
        start_date: datetime = datetime(2015, 1, 1),
        end_date: datetime | None = None,
        cols: list[str] | None = None,
        limit: int | None = -1,
        enable_telemetry: bool = True,
    ) -> None:
        super().__init__(start_date, end_date, cols)
        self._limit = limit

    def to_pandas_dataframe(self) -> Any:
        """The rides of the span of time, the first ``limit`` where one is said."""
        frame = super().to_pandas_dataframe()
        return frame.head(self._limit) if self._limit and self._limit > 0 else frame


class NycTlcYellow(_Taxi):
    """Rides of New York's yellow taxis."""

    _FOLDER, _TIME = "nyc_tlc_yellow", "tpepPickupDateTime"


class NycTlcGreen(_Taxi):
    """Rides of New York's green taxis."""

    _FOLDER, _TIME = "nyc_tlc_green", "lpepPickupDatetime"


class PublicHolidays(_Instance):
    """Public holidays of many countries."""

    _FOLDER, _TIME = "public_holidays", "date"

    def __init__(
        self,
        country_or_region: str = "",
        start_date: datetime = datetime(2008, 1, 1),
        end_date: datetime | None = None,
        cols: list[str] | None = None,
        enable_telemetry: bool = True,
    ) -> None:
        super().__init__(start_date, end_date, cols)
        self._country = country_or_region

    def to_pandas_dataframe(self) -> Any:
        """The holidays of the country, or of all."""
        frame = super().to_pandas_dataframe()
        return frame[frame["countryOrRegion"] == self._country] if self._country else frame
