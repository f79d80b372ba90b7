"""Any ONNX model on the first of the wanted execution providers that this environment has."""

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort

loaded = {}


def init():
    wanted = os.environ.get("LAZULI_ONNX_PROVIDERS", "").split(",")
    here = [name.strip() for name in wanted if name.strip() in ort.get_available_providers()]
    file = next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("*.onnx"))
    loaded["session"] = session = ort.InferenceSession(str(file), providers=[*here, "CPUExecutionProvider"])
    print("It runs on", ", ".join(session.get_providers()), flush=True)


def run(data):
    session = loaded["session"]
    given = np.asarray(json.loads(data)["input_data"], dtype=np.float32)
    (answer,) = session.run(None, {session.get_inputs()[0].name: given})
    return {"answer": answer.tolist(), "providers": session.get_providers()}
