"""What a run measures. Nothing that logs waits for the server."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import re
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping

from azureml._lazuli.logged import FOLDER, NAME, TEXT, chart
from azureml._lazuli.spool import Spool, spool
from azureml.core._run_files import RunFiles
from azureml.core.experiment import tags_of
from azureml.exceptions import UserErrorException

if TYPE_CHECKING:
    from azureml.core.run import Run

_OTHER = re.compile(r"[^/\w.\- :]")


class RunMetrics(RunFiles):
    """A run seen as what it measures: numbers, texts, tables, charts and images, each under a name."""

    _said: Callable[[], dict[str, Any]]
    get_children: Callable[..., Iterator[Run]]

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Keep a number or a text under a name; again under the same name makes a series. Never waits."""
        if isinstance(value, str):
            self._spool.append({"text": name, "value": value})
            return
        try:
            number = float(value)
        except (TypeError, ValueError):
            kind = type(value).__name__
            raise UserErrorException(f"The metric '{name}' is a {kind}; log a number or a text.") from None
        spool, key = self._spool, key_of(name)
        if key != name:
            spool.append({"name": key, "said": name})
        spool.point(key, number, step)

    def log_list(self, name: str, value: Iterable[Any], description: str = "") -> None:
        """Keep a list under a name."""
        for each in value:
            self.log(name, each)

    def log_row(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        """Add a row to a table."""
        self._keep_rows(name, [kwargs])

    def log_table(self, name: str, value: Mapping[str, Any], description: str = "") -> None:
        """Add rows to a table: columns by their names, each a list or one value."""
        listed = [cells if isinstance(cells, (list, tuple)) else [cells] for cells in map(_plain, value.values())]
        self._keep_rows(name, [dict(zip(value, row)) for row in zip_longest(*listed)])

    def log_confusion_matrix(self, name: str, value: Any, description: str = "") -> None:
        """Keep a confusion matrix, a dict or its JSON."""
        self._keep_chart(name, "confusion_matrix", value)

    def log_accuracy_table(self, name: str, value: Any, description: str = "") -> None:
        """Keep an accuracy table, a dict or its JSON."""
        self._keep_chart(name, "accuracy_table", value)

    def log_residuals(self, name: str, value: Any, description: str = "") -> None:
        """Keep residuals, a dict or its JSON."""
        self._keep_chart(name, "residuals", value)

    def log_predictions(self, name: str, value: Any, description: str = "") -> None:
        """Keep predictions, a dict or its JSON."""
        self._keep_chart(name, "predictions", value)

    def log_image(self, name: str, path: Any = None, plot: Any = None, description: str = "") -> None:
        """Keep an image: a file, or a plot of matplotlib (a figure or ``pyplot``)."""
        if (path is None) == (plot is None):
            raise UserErrorException("Give log_image either a path or a plot.")
        if path is not None:
            target, content = f"{name}{Path(str(path)).suffix or '.png'}", Path(path).read_bytes()
        else:
            drawn = io.BytesIO()
            plot.savefig(drawn, format="png")
            target, content = f"{name}.png", drawn.getvalue()
        self._keep_file(target, content)

    def get_metrics(
        self, name: str | None = None, recursive: bool = False, run_type: str | None = None, populate: bool = False
    ) -> dict[str, Any]:
        """What was logged, by name: a value where there is one, else a list. ``recursive``: by run, with children."""
        if recursive:
            children = (each for each in self.get_children(recursive=True) if run_type in (None, each.type))
            return {run.id: run.get_metrics(name) for run in [self, *children]}
        self.flush()
        said = self._said()["data"]
        tags = tags_of(said)
        found: dict[str, Any] = {}
        for each in said.get("metrics") or ():
            called = tags.get(f"{NAME}{each['key']}") or each["key"]
            if name in (None, called):
                found[called] = _one_or_all([float(point["value"]) for point in self._record.history(each["key"])])
        for tag, value in tags.items():
            called = tag[len(TEXT) :]
            if tag.startswith(TEXT) and name in (None, called):
                found[called] = _one_or_all(json.loads(value))  # where a tag could not hold them all, a file below does
        for file in self._files(FOLDER):
            called = file[len(FOLDER) + 1 : -len(".json")]
            if name in (None, called):
                found[called] = _values(json.loads(self._record.read(file)))
        return found

    def _keep_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        self._spool.append({"rows": name, "data": rows})

    def _keep_chart(self, name: str, kind: str, value: Any) -> None:
        said = json.loads(value) if isinstance(value, str) else value
        if not isinstance(said, Mapping) or said.get("schema_type") != kind or "data" not in said:
            raise UserErrorException(f"'{name}' is not in the schema of a chart: give schema_type '{kind}' and data.")
        self._keep_file(f"{FOLDER}/{name}.json", chart(kind, said["data"]))

    def _keep_file(self, name: str, content: bytes) -> None:
        self._spool.append({"file": name, "base64": base64.b64encode(content).decode()})

    @property
    def _spool(self) -> Spool:
        return spool(self._workspace._server, self._workspace._scope, self._run_id)


def key_of(name: str) -> str:
    """What the server calls a metric: it takes fewer characters, and no path that leads elsewhere."""
    key = _OTHER.sub("_", name)
    return key if posixpath.normpath(key) == key and not key.startswith(("/", "..")) else re.sub(r"[/.]", "_", key)


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _values(said: Mapping[str, Any]) -> Any:
    """The columns of a kept table, of one with a single row its values; a chart as it is."""
    if said.get("schema_type") != "table":
        return said
    columns = {name: _one_or_all([row[at] for row in said["data"]]) for at, name in enumerate(said["columns"])}
    return next(iter(columns.values())) if said.get("texts") else columns


def _plain(value: Any) -> Any:
    """A value of numpy, or an array of it, as JSON has it."""
    return value.tolist() if hasattr(value, "tolist") else value
