"""One trial: learn to tell wines apart, and say after every epoch how well that goes."""

import argparse
import json
from pathlib import Path

import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, required=True)
parser.add_argument("--penalty", required=True)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--model", type=Path, required=True)
args = parser.parse_args()

wine = load_wine()
train_x, test_x, train_y, test_y = train_test_split(wine.data, wine.target, test_size=0.4, random_state=0)
scaler = StandardScaler().fit(train_x)
model = SGDClassifier(penalty=args.penalty, learning_rate="constant", eta0=args.learning_rate, random_state=0)

accuracy = 0.0
for epoch in range(args.epochs):
    model.partial_fit(scaler.transform(train_x), train_y, classes=[0, 1, 2])
    accuracy = model.score(scaler.transform(test_x), test_y)
    mlflow.log_metric("accuracy", accuracy, step=epoch)

said = {"coefficients": model.coef_.tolist(), "intercepts": model.intercept_.tolist()}
(args.model / "model.json").write_text(json.dumps(said))
print(f"accuracy {accuracy:.3f} with learning rate {args.learning_rate:g} and {args.penalty}")
