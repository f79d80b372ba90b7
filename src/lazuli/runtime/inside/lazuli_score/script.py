"""A scoring script: loaded as its own folder would have it, its ``init()`` and its ``run()``."""

import importlib
import importlib.util
import inspect
import json
import os
import sys

from lazuli_score.request import RAW, AMLRequest, pairs
from lazuli_score.trouble import Failure, Refusal

HEADERS = "request_headers"
"""The argument of ``run()`` that is given the headers of the request."""


class Script:
    """A script that was loaded, and how its ``run()`` wants to be called."""

    def __init__(self, module):
        self.module = module
        self.run = module.run
        self.is_raw = self.run in RAW
        self.is_decorated = takes_schema(self.run)
        parameters = arguments(self.run)
        self.wants_headers = HEADERS in parameters and not self.is_raw
        parameters.pop(HEADERS, None)
        if not parameters:
            raise Failure("run() takes no argument. Give it one for the data: 'def run(data):'.")
        if self.is_raw and self.is_decorated:
            raise Failure("run() has @rawhttp and @input_schema. Take one of them away.")
        if len(parameters) > 1 and not self.is_decorated:
            names = ", ".join(parameters)
            raise Failure(f"run() takes {names}. Without @input_schema it takes one argument for the data.")
        self.data = next(iter(parameters))
        self.required = [name for name, value in parameters.items() if value.default is value.empty]
        self.names = list(parameters)

    def init(self):
        """Call the script's ``init()``, where it has one."""
        if hasattr(self.module, "init"):
            self.module.init()
        else:
            print(
                "The scoring script has no init(). Here it need not; Azure's server refuses such a script.", flush=True
            )

    def call(self, message):
        """What ``run()`` returns for a request. Raises :class:`Refusal` for a request that does not fit it."""
        run, words = self.run, self.words(message)
        return lambda: run(**words)

    def words(self, message):
        """The arguments of ``run()``."""
        if self.is_raw:
            return {self.data: AMLRequest(message)}
        words = self.by_name(message) if self.is_decorated else {self.data: as_text(message)}
        if self.wants_headers:
            words[HEADERS] = dict(message.headers)
        return words

    def by_name(self, message):
        """The values of a JSON object that ``run()`` has names for."""
        said = asked(message.query) if message.method == "GET" else json_object(message)
        missing = next((name for name in self.required if name not in said), None)
        if missing is not None:
            raise Refusal(400, f"A value is not provided for the '{missing}' parameter.")
        return {name: said[name] for name in self.names if name in said}


def loaded(root, name):
    """The script as a module. Raises :class:`Failure` where it is none."""
    file = os.path.abspath(os.path.join(root, name))
    if not os.path.isfile(file):
        raise Failure(f"There is no scoring script '{name}' in the code folder.")
    sys.argv[:] = [file]
    sys.path[:0] = list(dict.fromkeys([os.path.dirname(file), root]))
    module_name = os.path.splitext(os.path.basename(file))[0]
    module_name = "scoring_script" if module_name in sys.modules else module_name
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise Failure(f"The scoring script '{name}' is no Python file.")
    module = sys.modules[module_name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)):
        raise Failure(f"The scoring script '{name}' has no function 'run(data)'.")
    return module


def takes_schema(run):
    """Whether ``run()`` says with inference-schema what it takes."""
    if "inference_schema" not in sys.modules:
        return False
    schema_util = importlib.import_module("inference_schema.schema_util")
    return "properties" in schema_util.get_input_schema(run)


def arguments(run):
    """The parameters of ``run()`` by name. Raises :class:`Failure` for some that cannot be given by name."""
    parameters = inspect.signature(run).parameters
    for name, value in parameters.items():
        if value.kind not in (value.POSITIONAL_OR_KEYWORD, value.KEYWORD_ONLY):
            raise Failure(f"run() takes '{value}'. Its arguments are given by name: write '{name}' alone.")
    return dict(parameters)


def as_text(message):
    """The body as text, or the query as JSON."""
    if message.method == "GET":
        return json.dumps(asked(message.query))
    try:
        return message.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, f"Input cannot be decoded as UTF-8: {error}") from None


def asked(query):
    """The values of a query: JSON where they are, else text; a list where a name comes more than once."""
    found = {}
    for name, text in pairs(query):
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def json_object(message):
    """The body, which has to be a JSON object."""
    kind = (message.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(415, "Expects Content-Type to be application/json")
    if not message.body:
        raise Refusal(400, "POST body is empty. Expecting a JSON dictionary.")
    try:
        said = json.loads(message.body.decode("utf-8"))
    except ValueError as error:
        raise Refusal(400, f"POST body could not be decoded as JSON: {error}") from None
    if not isinstance(said, dict):
        raise Refusal(400, "POST body should be a JSON dictionary.")
    return said
