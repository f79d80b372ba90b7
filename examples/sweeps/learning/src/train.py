"""Two kinds of model with hyperparameters of their own: each trial has those of the kind that it drew."""

import argparse

import mlflow
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

arguments = argparse.ArgumentParser()
arguments.add_argument("kind", choices=["forest", "nearest"])
arguments.add_argument("--trees", type=int)
arguments.add_argument("--neighbors", type=int)
said = arguments.parse_args()

if said.kind == "forest":
    model = RandomForestClassifier(said.trees, random_state=0)
else:
    model = KNeighborsClassifier(said.neighbors)
x, y = load_wine(return_X_y=True)
mlflow.log_metric("log_loss", log_loss(y, cross_val_predict(model, x, y, cv=3, method="predict_proba")))
