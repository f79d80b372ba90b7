"""``azureml.ai.monitoring`` for scoring scripts: what they collect is kept as the deployment says.

``Collector("model_inputs").collect(table)`` keeps a pandas table, and beyond Azure whatever is JSON; it returns what
ties the outputs to the inputs: ``Collector("model_outputs").collect(answer, context)``.
"""

import json
import threading
import uuid
from typing import Any

AGENT = "azureml-ai-monitoring/lazuli"
NAMES = threading.local()
"""``request``: what the request is called that this thread answers now."""


class BasicCorrelationContext:
    """Ties together what is collected for one request."""

    def __init__(self, id=None, headers=None):
        self._id, self._headers = id or getattr(NAMES, "request", "") or str(uuid.uuid4()), headers or {}

    def get_id(self):
        """What it is called."""
        return self._id

    def get_headers(self):
        """What was said with it."""
        return self._headers


CorrelationContext = BasicCorrelationContext


def get_context():
    """That of the request that is being answered."""
    return BasicCorrelationContext()


class Collector:
    """Keeps a stream of tables under a name that the deployment's ``data_collector`` has."""

    collect_for: Any = None
    """What this process keeps (:class:`lazuli_score.pages.Collect`)."""
    names = ()
    """The streams of this process that a script has made a collector for."""

    def __init__(self, name, on_error=None):
        self.name, self.on_error = name, on_error
        Collector.names = tuple(sorted({*Collector.names, name}))

    def collect(self, data, correlation_context=None):
        """Keep data; the context for what belongs to the same request."""
        context = correlation_context or BasicCorrelationContext()
        try:
            said, kind = plain(data)
            keeps = Collector.collect_for
            if keeps is not None and self.name in keeps.pages and keeps.is_due(self.name, context.get_id()):
                keeps.keep(self.name, context.get_id(), said, kind, AGENT)
        except Exception as error:
            if self.on_error is None:
                raise
            self.on_error(error)
        return context


def plain(data):
    """Data as JSON, and what they were."""
    kind = type(data).__module__.partition(".")[0] + "." + type(data).__name__
    if hasattr(data, "to_json") and hasattr(data, "columns"):
        return data.to_json(orient="records", date_format="iso").encode(), "pandas.core.frame.DataFrame"
    try:
        return json.dumps(data).encode(), kind
    except TypeError:
        raise TypeError(f"A {kind} cannot be collected. Give a pandas.DataFrame.") from None
