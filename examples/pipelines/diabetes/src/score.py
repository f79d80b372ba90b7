"""Judge a model by rows it has not seen."""

import argparse
import json
from pathlib import Path

import joblib
import numpy as np
from sklearn.metrics import r2_score, root_mean_squared_error

parser = argparse.ArgumentParser()
parser.add_argument("--model", type=Path)
parser.add_argument("--data", type=Path)
parser.add_argument("--report", type=Path)
args = parser.parse_args()

rows = np.loadtxt(args.data / "rows.csv", delimiter=",")
predicted = joblib.load(args.model / "model.joblib").predict(rows[:, :-1])
report = {"rmse": root_mean_squared_error(rows[:, -1], predicted), "r2": r2_score(rows[:, -1], predicted)}
args.report.write_text(json.dumps(report, indent=2) + "\n")
print(report)
