"""Fit a ridge regression, and log how well it does by cross-validation."""

import argparse
from pathlib import Path

import joblib
import mlflow
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path)
parser.add_argument("--alpha", type=float)
parser.add_argument("--solver")
parser.add_argument("--note", default="")
parser.add_argument("--model", type=Path)
args = parser.parse_args()

rows = np.loadtxt(args.data / "rows.csv", delimiter=",")
features, target = rows[:, :-1], rows[:, -1]
model = Ridge(alpha=args.alpha, solver=args.solver)
rmse = -cross_val_score(model, features, target, scoring="neg_root_mean_squared_error").mean()
mlflow.log_param("alpha", args.alpha)
mlflow.log_metric("rmse", rmse)
joblib.dump(model.fit(features, target), args.model / "model.joblib")
print(f"alpha {args.alpha}: rmse {rmse:.2f} {args.note}")
