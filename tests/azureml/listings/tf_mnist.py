"""Trains a network of two layers on handwritten digits, and tells how it goes to the run and to MLflow."""

import argparse
from pathlib import Path

import joblib
import mlflow
import numpy as np
from sklearn.neural_network import MLPClassifier

from azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--data-folder", type=str, dest="data_folder")
parser.add_argument("--batch-size", type=int, dest="batch_size", default=50)
parser.add_argument("--first-layer-neurons", type=int, dest="n_hidden_1", default=100)
parser.add_argument("--second-layer-neurons", type=int, dest="n_hidden_2", default=100)
parser.add_argument("--learning-rate", type=float, dest="learning_rate", default=0.01)
args = parser.parse_args()


def table(name: str) -> np.ndarray:
    (path,) = Path(args.data_folder).rglob(f"{name}.csv")
    return np.loadtxt(path, delimiter=",")


x_train, x_test = table("train-images") / 16.0, table("test-images") / 16.0
y_train, y_test = table("train-labels"), table("test-labels")

run = Run.get_context()
mlflow.log_param("batch_size", args.batch_size)
model = MLPClassifier((args.n_hidden_1, args.n_hidden_2), learning_rate_init=args.learning_rate, random_state=0)
for epoch in range(5):
    for start in range(0, len(x_train), args.batch_size):
        end = start + args.batch_size
        model.partial_fit(x_train[start:end], y_train[start:end], classes=range(10))
    mlflow.log_metric("loss", model.loss_, step=epoch)
    run.log("validation_acc", model.score(x_test, y_test))
run.log("final_acc", model.score(x_test, y_test))

Path("outputs/model").mkdir(parents=True)
joblib.dump(model, "outputs/model/model.pkl")
