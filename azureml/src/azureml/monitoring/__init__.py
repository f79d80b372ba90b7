"""What a service keeps of what it is asked and answers."""

from __future__ import annotations

import sys
from typing import Any, Mapping, Sequence

__all__ = ["ModelDataCollector"]

_CORRELATION = "$CorrelationId"


class ModelDataCollector:
    """Keeps rows under a ``designation`` ("inputs", "predictions", …; an older word for it is ``identifier``).

    A service that is deployed with ``collect_model_data=True`` keeps them as a stream of that name: lines of JSON in
    the default datastore, below ``modelDataCollector/SERVICE/v1/DESIGNATION``, and the data asset
    ``SERVICE-v1-DESIGNATION`` over them. Elsewhere they are printed. The service and its model are told with every
    line, so ``workspace``, ``webservice_name``, ``model_version`` and ``collection_name`` have no effect.
    """

    def __init__(
        self,
        model_name: str,
        designation: str = "default",
        feature_names: Sequence[str] | None = None,
        identifier: str = "default",
        workspace: str = "default",
        webservice_name: str = "default",
        model_version: str = "default",
        collection_name: str = "default",
    ) -> None:
        self.model_name = model_name
        self.designation = designation if designation != "default" else identifier
        self.feature_names = list(feature_names) if feature_names is not None else None
        here: Any = sys.modules.get("lazuli_score.monitoring")  # where this process is a service
        self._context = here and here.BasicCorrelationContext
        self._collector = here and here.Collector(self.designation)

    def collect(self, input_data: Any, user_correlation_id: str = "") -> dict[str, str]:
        """Keep rows: a list or an array of one or two dimensions, or a pandas table.

        What it returns ties what belongs to the same request together: give it to :meth:`add_correlations`.
        """
        rows = self._rows(input_data)
        known = [row.pop(_CORRELATION) for row in rows if _CORRELATION in row]
        id = user_correlation_id or (known[0] if known else "")
        if self._collector is None:
            print(f"Attempted to collect {self.designation} of {self.model_name}: {rows}")
            return {_CORRELATION: id}
        context = self._collector.collect(rows, self._context(id or None))
        return {_CORRELATION: context.get_id()}

    def add_correlations(self, input_data: Any, correlations: Mapping[str, str]) -> list[dict[str, Any]]:
        """Rows that belong to what :meth:`collect` returned ``correlations`` for, to be collected."""
        return [{**row, **correlations} for row in self._rows(input_data)]

    def _rows(self, data: Any) -> list[dict[str, Any]]:
        """Data as rows with the names of their columns."""
        names = self.feature_names
        if hasattr(data, "columns"):  # a table of pandas
            names, data = names or [str(each) for each in data.columns], data.values
        if hasattr(data, "tolist"):
            data = data.tolist()
        every = data if isinstance(data, (list, tuple)) else [data]
        if not any(isinstance(each, (list, tuple, dict)) for each in every) and names and len(names) > 1:
            every = [every]  # one row
        return [self._row(each, names) for each in every]

    def _row(self, said: Any, names: Sequence[str] | None) -> dict[str, Any]:
        if isinstance(said, Mapping):
            return dict(said)
        values = said if isinstance(said, (list, tuple)) else [said]
        names = names or [str(number) for number in range(len(values))]
        if len(names) != len(values):
            raise ValueError(f"A row has {len(values)} values, and feature_names {len(names)}: {', '.join(names)}.")
        return {name: each.item() if hasattr(each, "item") else each for name, each in zip(names, values)}
