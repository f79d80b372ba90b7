"""Train a classifier on the breast cancer data, logging how it does after every iteration."""

import argparse
import logging
from pathlib import Path

import mlflow
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="a CSV file with a column 'diagnosis'")
parser.add_argument("--iterations", type=int, default=60)
parser.add_argument("--learning-rate", type=float, default=0.1)
parser.add_argument("--max-leaf-nodes", type=int, default=15)
parser.add_argument("--model", type=Path, required=True, help="the folder to keep the model in")
args = parser.parse_args()

table = pd.read_csv(args.data)
features, malignant = table.drop(columns="diagnosis"), table["diagnosis"] == "malignant"
x_train, x_valid, y_train, y_valid = train_test_split(
    features, malignant, test_size=0.25, stratify=malignant, random_state=0
)
print(f"{len(x_train)} patients to learn from, {len(x_valid)} to check with, {features.shape[1]} measurements each")

model = HistGradientBoostingClassifier(
    learning_rate=args.learning_rate,
    max_leaf_nodes=args.max_leaf_nodes,
    early_stopping=False,
    warm_start=True,
    random_state=0,
)

with mlflow.start_run():
    mlflow.log_params({name: value for name, value in vars(args).items() if name not in ("data", "model")})
    for iteration in range(1, args.iterations + 1):
        model.set_params(max_iter=iteration).fit(x_train, y_train)
        chance = model.predict_proba(x_valid)[:, 1]
        scores = {
            "train_loss": log_loss(y_train, model.predict_proba(x_train)[:, 1]),
            "valid_loss": log_loss(y_valid, chance),
            "valid_accuracy": accuracy_score(y_valid, chance > 0.5),
            "valid_auc": roc_auc_score(y_valid, chance),
        }
        mlflow.log_metrics(scores, step=iteration)
        if iteration % 10 == 0:
            print(f"iteration {iteration:3}  " + "  ".join(f"{name} {value:.4f}" for name, value in scores.items()))

logging.getLogger("mlflow.sklearn").setLevel(logging.ERROR)  # it warns of pickles from strangers; this one is ours
needs = [f"scikit-learn=={sklearn.__version__}", f"pandas=={pd.__version__}"]
mlflow.sklearn.save_model(
    model, args.model, serialization_format="cloudpickle", input_example=x_valid.head(20), pip_requirements=needs
)
print(f"the model is in {args.model.name}")
