"""Models that MLflow saved, and ONNX files, answer behind endpoints without a script and without an environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.clients.environments import client_environment
from tests.endpoints.conftest import Served
from tests.jobs.place import Place, opened
from tests.runtime.onnx_models import regressor

from lazuli.resources.batch import BatchJob
from lazuli.schema.identity import ResourceId

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
        # The same model answers a batch, in the same environment; what it does not take is left out.
        assert asked_of_files(place, "azureml:sum:1", "n,a,b\n0,1,2\n1,3,4.5\n") == "0,3.0,rows.csv\n1,7.5,rows.csv\n"


def test_an_onnx_model_answers_a_batch(tmp_path: Path) -> None:
    with opened(tmp_path / "p") as place:
        container = place.platform.storage.container(place.scope, "workspaceblobstore")
        place.platform.store.blobs.put_files(container, {"one/sum.onnx": regressor(tmp_path / "sum.onnx")})
        place.put("model", "onnx", "1", path="azureml://datastores/workspaceblobstore/paths/one/sum.onnx")
        assert asked_of_files(place, "azureml:onnx:1", "a,b\n1,2\n3,4\n") == "0,4.0,rows.csv\n1,8.0,rows.csv\n"


def asked_of_files(place: Place, model: str, rows: str) -> str:
    """The predictions of a model for the rows of a file, from a batch endpoint."""
    path = place.upload("asked/rows.csv", rows)
    place.put("batch-endpoint", "batch")
    place.put("batch-deployment", "batch", "plain", model=model)
    asked = BatchJob.load({"inputs": {"rows": {"type": "uri_file", "path": path}}})
    endpoint = ResourceId(place.scope, "batchEndpoints", "batch")
    job = place.platform.batch.submit(endpoint, asked, "plain", place.actor)
    place.until(job.id.name, "Completed")
    return place.files(f"azureml/{job.id.name}/score/")["predictions.csv"]
