"""Sample data sets: a small catalogue of what installed packages carry, each with its licence.

Nothing of them is part of Lazuli. A job in a curated environment reads a set out of the package that carries it, so
the server needs neither scikit-learn nor R of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from lazuli.schema.problems import NotFound, did_you_mean

__all__ = ["SAMPLES", "Sample", "sample_named"]

_UCI = "CC BY 4.0 (UCI Machine Learning Repository)"
_SKLEARN = "BSD-3-Clause (as part of scikit-learn)"
_R = "GPL-2 | GPL-3 (as part of R)"


@dataclass(frozen=True)
class Sample:
    """One data set of the catalogue."""

    name: str
    title: str
    description: str
    rows: int
    columns: int
    target: tuple[str, ...]
    """The columns to be told from the others."""
    task: str
    """``classification``, ``regression`` or ``count``."""
    licence: str
    package: str = "scikit-learn"
    """The package that carries it: ``scikit-learn`` or ``R``."""
    source: str = ""
    """What the package calls it."""
    is_table: bool = False
    """Whether it becomes an ``mltable``; else it is a CSV file, a ``uri_file``."""

    @property
    def type(self) -> str:
        """The type of the data asset."""
        return "mltable" if self.is_table else "uri_file"

    @property
    def environment(self) -> str:
        """The curated environment that has the package."""
        return "AzureML-r-minimal" if self.package == "R" else "AzureML-sklearn-1.5"


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "breast-cancer",
        "Breast cancer Wisconsin (diagnostic)",
        "Measurements of cell nuclei in images of breast masses, and whether these were malignant.",
        569, 31, ("diagnosis",), "classification", _UCI, source="load_breast_cancer",
    ),
    Sample(
        "diabetes",
        "Diabetes progression",
        "Ten measurements of patients, and how their diabetes progressed within a year.",
        442, 11, ("progression",), "regression", _SKLEARN, source="load_diabetes",
    ),
    Sample(
        "digits",
        "Handwritten digits",
        "Images of digits, 8 by 8 pixels of 0 to 16, and which digit each shows.",
        1797, 65, ("digit",), "classification", _UCI, source="load_digits",
    ),
    Sample(
        "iris",
        "Iris",
        "Sizes of petals and sepals of three species of iris.",
        150, 5, ("species",), "classification", _UCI, source="load_iris",
    ),
    Sample(
        "linnerud",
        "Linnerud",
        "Exercises of men in a fitness club, and their weight, waist and pulse: three targets at once.",
        20, 6, ("weight", "waist", "pulse"), "regression", _SKLEARN, source="load_linnerud", is_table=True,
    ),
    Sample(
        "wine",
        "Wine recognition",
        "Chemical analyses of wines of three cultivars from one region.",
        178, 14, ("cultivar",), "classification", _UCI, source="load_wine",
    ),
    Sample(
        "airquality",
        "New York air quality",
        "Daily ozone, sun, wind and temperature from May to September 1973; some values are missing.",
        153, 6, ("Ozone",), "regression", _R, "R", "airquality",
    ),
    Sample(
        "insect-sprays",
        "Insect sprays",
        "How many insects were counted after one of six sprays.",
        72, 2, ("count",), "count", _R, "R", "InsectSprays",
    ),
    Sample(
        "mtcars",
        "Motor trend cars",
        "Fuel consumption and ten properties of 32 cars of 1973 and 1974.",
        32, 12, ("mpg",), "regression", _R, "R", "mtcars",
    ),
    Sample(
        "quakes",
        "Earthquakes off Fiji",
        "Place, depth and magnitude of a thousand earthquakes since 1964, and how many stations reported each.",
        1000, 5, ("mag",), "regression", _R, "R", "quakes",
    ),
)  # fmt: skip
"""The catalogue, by package and name."""


def sample_named(name: str) -> Sample:
    """The sample of that name. Raises :class:`NotFound` with the nearest."""
    for sample in SAMPLES:
        if sample.name == name.lower():
            return sample
    names = [sample.name for sample in SAMPLES]
    raise NotFound(f"There is no sample data set '{name[:80]}'.", target="name", mend=did_you_mean(name.lower(), names))
