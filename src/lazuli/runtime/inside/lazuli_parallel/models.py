"""A model that needs no script: one that MLflow saved, or an ONNX file. It is asked file by file.

A row of a table (CSV, Parquet, JSON) gives a row of predictions, an array (``.npy``) one for each of its first axis:
``row,prediction,file``, divided by commas, as batch endpoints of Azure ML write them.
"""

import csv
import importlib
import io
import json
import os
import sys

from lazuli_parallel.trouble import Failure

READERS = {".csv": "read_csv", ".parquet": "read_parquet", ".jsonl": "read_json", ".json": "read_json"}
ARRAY = ".npy"


class Scored:
    """The model, with the ``init()`` and ``run()`` of a script."""

    def __init__(self, folder):
        self.folder = folder
        self.predict = None

    def init(self):
        """Load the model. Raises :class:`Failure` where it is of neither kind."""
        found = {name: os.path.join(top, name) for top, _, names in os.walk(self.folder) for name in sorted(names)}
        files = [path for name, path in found.items() if name.lower().endswith(".onnx")]
        if "MLmodel" in found:
            self.predict = of_mlflow(os.path.dirname(found["MLmodel"]))
        elif len(files) == 1:
            self.predict = of_onnx(files[0])
        else:
            raise Failure("The model is neither one that MLflow saved nor one ONNX file: it needs a script.")

    def run(self, paths):
        """A line for each row of the files."""
        assert self.predict is not None
        lines = []
        for path in paths:
            values = list(self.predict(read(path)))
            lines += [line(row, value, os.path.basename(path)) for row, value in enumerate(values)]
        return lines


def read(path):
    """The table or the array that a file holds. Raises :class:`Failure` for another kind of file."""
    ending = os.path.splitext(path)[1].lower()
    if ending == ARRAY:
        return package("numpy").load(path)
    reader = READERS.get(ending)
    if reader is None:
        known = ", ".join(sorted([*READERS, ARRAY]))
        raise Failure(f"'{os.path.basename(path)}' is of no kind that is read without a script: {known}.")
    return getattr(package("pandas"), reader)(path, **({"lines": True} if ending == ".jsonl" else {}))


def package(name):
    """A package of the environment. Raises :class:`Failure` where it has none."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Failure(f"The environment cannot ask the model: {error}. It needs '{name.partition('.')[0]}'.") from None


def line(row, value, file):
    """A row of the file of predictions."""
    value = value.tolist() if hasattr(value, "tolist") else value
    text = json.dumps(value, default=str) if isinstance(value, (list, tuple, dict)) else value
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([row, text, file])
    return stream.getvalue()


# --- MLflow ----------------------------------------------------------------------------------------------------


def of_mlflow(folder):
    """What predicts with a model that MLflow saved."""
    model = package("mlflow.pyfunc").load_model(folder)
    schema, pandas = model.metadata.get_input_schema(), package("pandas")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, here)
    typed = importlib.import_module("lazuli_score.mlflow_model").typed
    sys.path.remove(here)

    def predict(data):
        if hasattr(data, "columns") and schema is not None:
            if schema.is_tensor_spec():
                data = data.to_numpy(dtype=schema.inputs[0].type)
            elif schema.has_input_names():  # a file may hold more than the model takes
                data = data[[name for name in data.columns if name in schema.input_names()]]
                data = typed(data.copy(), schema, pandas)
        found = model.predict(data)
        return found.to_dict(orient="records") if hasattr(found, "columns") else found

    return predict


# --- ONNX ------------------------------------------------------------------------------------------------------

TYPES = {"float": "float32", "double": "float64", "float16": "float16", "string": "object"}


def of_onnx(file):
    """What predicts with an ONNX model: its first output, for the columns or the array that it is given."""
    numpy = package("numpy")
    session = package("onnxruntime").InferenceSession(file, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    first = session.get_outputs()[0].name

    def taken(data):
        if not hasattr(data, "columns"):
            return {inputs[0].name: shaped(data, inputs[0])}
        if len(inputs) > 1 or inputs[0].name in data.columns:
            missing = [each.name for each in inputs if each.name not in data.columns]
            if missing:
                raise Failure(f"The model takes '{missing[0]}', and the file has no such column.")
            return {each.name: shaped(data[each.name].to_numpy().reshape(-1, 1), each) for each in inputs}
        width = inputs[0].shape[-1]
        if isinstance(width, int) and width != len(data.columns):
            raise Failure(f"The model takes {width} columns, and the file has {len(data.columns)}.")
        return {inputs[0].name: shaped(data.to_numpy(), inputs[0])}

    def shaped(values, port):
        kind = port.type.partition("(")[2].rstrip(")")
        array = numpy.asarray(values).astype(TYPES.get(kind, kind))
        return array[:, 0] if len(port.shape) == 1 and array.ndim == 2 else array

    def predict(data):
        found = session.run([first], taken(data))[0]
        array = numpy.asarray(found)
        return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else found

    return predict
