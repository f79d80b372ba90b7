"""A model that MLflow saved, as a scoring script: it needs no script of its own.

A body is ``{"input_data": …, "params": {…}}``, where the data are a table (``{"columns": […], "index": […], "data":
[[…], …]}``, a list of objects, a list of rows) or columns or tensors by name; MLflow's own ``dataframe_split``,
``dataframe_records``, ``instances`` and ``inputs`` are read as well. The answer is the list of predictions.
"""

import importlib
import json
import os

from lazuli_score.trouble import Failure, Refusal

WORDS = ("input_data", "dataframe_split", "dataframe_records", "instances", "inputs")


def folder():
    """Where the model lies: the folder that deployments are told, or one within it. Raises :class:`Failure`."""
    root = os.path.join(os.environ.get("AZUREML_MODEL_DIR", ""), os.environ.get("MLFLOW_MODEL_FOLDER", ""))
    below = sorted(os.path.join(root, name) for name in os.listdir(root)) if os.path.isdir(root) else []
    for place in (root, *below):
        if os.path.isfile(os.path.join(place, "MLmodel")):
            return place
    raise Failure("The model has no file 'MLmodel': it is none that MLflow saved. Deploy it with a scoring script.")


class Served:
    """A loaded model, with the ``init()`` and ``run()`` of a scoring script."""

    def __init__(self):
        self.model = self.schema = None

    def init(self):
        """Load the model."""
        place = folder()
        try:
            pyfunc = importlib.import_module("mlflow.pyfunc")
        except ImportError as error:
            raise Failure(f"The environment cannot load models of MLflow: {error}. It needs 'mlflow-skinny'.") from None
        self.model = pyfunc.load_model(place)
        self.schema = self.model.metadata.get_input_schema()

    def run(self, data):
        """The predictions for a body. Raises :class:`Refusal` for one that holds no data."""
        assert self.model is not None
        values, params = asked(data)
        try:
            taken = shaped(values, self.schema)
        except (ValueError, TypeError, KeyError) as error:
            raise Refusal(400, f"The data are no table that the model takes: {error}") from None
        try:
            found = self.model.predict(taken, params=params) if params else self.model.predict(taken)
        except importlib.import_module("mlflow.exceptions").MlflowException as error:
            raise Refusal(400, str(error)) from None
        return plain(found)


def asked(data):
    """The data and the parameters of a body."""
    try:
        said = json.loads(data)
    except ValueError as error:
        raise Refusal(400, f"The body is no JSON: {error}") from None
    if not isinstance(said, dict):
        return said, None
    word = next((word for word in WORDS if word in said), None)
    if word is None:
        raise Refusal(400, "'input_data' is missing.")
    return said[word], said.get("params")


def shaped(values, schema):
    """The data as the model takes them: a table, or arrays where its signature says tensors."""
    numpy, pandas = importlib.import_module("numpy"), importlib.import_module("pandas")
    if schema is not None and schema.is_tensor_spec():
        types = schema.input_dict() if schema.has_input_names() else {}
        if isinstance(values, dict):
            return {name: numpy.asarray(values[name], dtype=spec.type) for name, spec in types.items()}
        return numpy.asarray(values, dtype=schema.inputs[0].type)
    if isinstance(values, dict) and isinstance(values.get("data"), list) and "columns" in values:
        table = pandas.DataFrame(values["data"], columns=values["columns"], index=values.get("index"))
    elif isinstance(values, dict) and isinstance(values.get("data"), list) and set(values) <= {"data", "index"}:
        table = pandas.DataFrame(values["data"], index=values.get("index"))
    else:
        table = pandas.DataFrame(values)
    return typed(table, schema, pandas)


def typed(table, schema, pandas):
    """The table, with names and types of the signature where JSON has no words for them."""
    if schema is None or not schema.has_input_names():
        return table
    names = schema.input_names()
    if list(table.columns) == list(range(len(names))):  # rows without names
        table.columns = names
    for column in schema.inputs:
        kind = str(getattr(column, "type", "")).rpartition(".")[2]
        if column.name not in table.columns:
            continue
        if kind == "datetime":
            table[column.name] = pandas.to_datetime(table[column.name])
        elif kind in ("float", "double"):
            table[column.name] = table[column.name].astype("float32" if kind == "float" else "float64")
        elif kind == "integer" and table[column.name].dtype == "int64":
            table[column.name] = table[column.name].astype("int32")
    return table


def plain(found):
    """Predictions as lists and objects that JSON can hold."""
    if hasattr(found, "to_dict") and hasattr(found, "columns"):
        return [{str(name): plain(value) for name, value in row.items()} for row in found.to_dict(orient="records")]
    if hasattr(found, "tolist"):
        return plain(found.tolist())
    if isinstance(found, dict):
        return {str(name): plain(value) for name, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [plain(value) for value in found]
    return found.isoformat() if hasattr(found, "isoformat") else found
