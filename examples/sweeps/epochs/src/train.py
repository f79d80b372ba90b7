"""Learns digits, and logs after every epoch how well: what is worse than half of the others is given up."""

import argparse
from pathlib import Path

import joblib
import mlflow
import numpy
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

arguments = argparse.ArgumentParser()
arguments.add_argument("--epochs", type=int)
arguments.add_argument("--alpha", type=float)
arguments.add_argument("--penalty")
arguments.add_argument("--model", type=Path)
said = arguments.parse_args()

x_train, x_test, y_train, y_test = train_test_split(*load_digits(return_X_y=True), random_state=0)
model = SGDClassifier(alpha=said.alpha, penalty=said.penalty, random_state=0)
for epoch in range(said.epochs):
    model.partial_fit(x_train / 16, y_train, classes=numpy.unique(y_train))
    mlflow.log_metric("accuracy", model.score(x_test / 16, y_test), step=epoch)
joblib.dump(model, said.model / "model.joblib")
