"""A model that MLflow saved answers behind an endpoint, in the environment that it brings along."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.clients.environments import client_environment
from tests.endpoints.conftest import Served
from tests.jobs.place import opened

SAVES = """
import sys
import mlflow, pandas as pd
from mlflow.models import infer_signature

class Sum(mlflow.pyfunc.PythonModel):
    def predict(self, context, data, params=None):
        return (data["a"] + data["b"]).tolist()

signature = infer_signature(pd.DataFrame({"a": [1.0], "b": [2.0]}), [3.0])
packages = ["mlflow-skinny==3.17.2", "pandas<4"]
mlflow.pyfunc.save_model(sys.argv[1], python_model=Sum(), signature=signature, pip_requirements=packages)
"""


def test_it_needs_no_script_and_no_environment(tmp_path: Path) -> None:
    python = client_environment("mlflow-model", ["mlflow-skinny==3.17.2", "pandas<4", "scikit-learn>=1.6"])
    subprocess.run([python, "-c", SAVES, tmp_path / "model"], check=True, capture_output=True, cwd=tmp_path)
    with opened(tmp_path / "p") as place:
        container = place.platform.storage.container(place.scope, "workspaceblobstore")
        files = {f"sum/model/{f.name}": f for f in (tmp_path / "model").iterdir() if f.is_file()}
        place.platform.store.blobs.put_files(container, files)
        path = "azureml://datastores/workspaceblobstore/paths/sum/model"
        place.put("model", "sum", "1", type="mlflow_model", path=path)
        endpoint = Served(place, "sum")
        endpoint.put()
        endpoint.until("Succeeded")
        shelf = place.platform.shelves.online_deployment
        shelf.put(endpoint.id("blue"), shelf.noun.document.load({"model": "azureml:sum:1"}), place.actor)
        endpoint.until("Succeeded", "blue")
        asked = {"input_data": {"columns": ["a", "b"], "data": [[1, 2], [3, 4.5]]}}
        assert endpoint.ask(asked, "blue").json() == [3.0, 7.5]
        place.platform.shelves.online_endpoint.delete(endpoint.id(), place.actor)
