"""Trains a network of two layers on handwritten digits, and tells how it goes to the run and to MLflow."""

import argparse
from pathlib import Path

import mlflow
import numpy as np
import tensorflow as tf

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
tf.keras.utils.set_random_seed(0)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Dense(args.n_hidden_1, activation="relu"),
        tf.keras.layers.Dense(args.n_hidden_2, activation="relu"),
        tf.keras.layers.Dense(10),
    ]
)
model.compile(
    optimizer=tf.keras.optimizers.SGD(learning_rate=args.learning_rate, momentum=0.9),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)


class Log(tf.keras.callbacks.Callback):
    """Tells how an epoch went: to MLflow, and to the run."""

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        mlflow.log_metric("loss", logs["loss"], step=epoch)
        run.log("validation_acc", logs["val_accuracy"])


model.fit(
    x_train,
    y_train,
    batch_size=args.batch_size,
    epochs=5,
    validation_data=(x_test, y_test),
    verbose=2,
    callbacks=[Log()],
)
run.log("final_acc", model.evaluate(x_test, y_test, verbose=0)[1])

Path("outputs/model").mkdir(parents=True)
model.save("outputs/model/model.keras")
