"""Modules that scripts for Azure import from their server, offered where this process is that server."""

import importlib.abc
import importlib.machinery
import sys

from lazuli_score import monitoring, request

REQUEST, RESPONSE = ("AMLRequest", "rawhttp"), ("AMLResponse",)
CONTEXT = ("BasicCorrelationContext", "CorrelationContext", "get_context")
OURS = {
    "azureml.contrib.services": (*REQUEST, *RESPONSE),
    "azureml.contrib.services.aml_request": REQUEST,
    "azureml.contrib.services.aml_response": RESPONSE,
    "azureml_inference_server_http": (),
    "azureml_inference_server_http.api": (),
    "azureml_inference_server_http.api.aml_request": REQUEST,
    "azureml_inference_server_http.api.aml_response": RESPONSE,
    "azureml.ai.monitoring": ("Collector",),
    "azureml.ai.monitoring.collector": ("Collector",),
    "azureml.ai.monitoring.context": CONTEXT,
}
"""Modules that are ours even where the environment has them: those would speak to another server."""
ABOVE = {"azureml": (), "azureml.contrib": (), "azureml.ai": ()}
"""Packages that are ours only where the environment has none."""


class Offer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of a table, and fills each with what it has to hold."""

    def __init__(self, table):
        self.table = table

    def find_spec(self, fullname, path=None, target=None):
        """The module's place, where it is one of the table."""
        if fullname not in self.table:
            return None
        is_package = any(name.startswith(fullname + ".") for name in self.table) or not self.table[fullname]
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def create_module(self, spec):
        """A plain module."""
        return None

    def exec_module(self, module):
        """Put the names in."""
        for name in self.table[module.__name__]:
            setattr(module, name, getattr(monitoring if hasattr(monitoring, name) else request, name))


def offer():
    """Let scripts import these modules."""
    sys.meta_path.insert(0, Offer(OURS))
    sys.meta_path.append(Offer(ABOVE))
