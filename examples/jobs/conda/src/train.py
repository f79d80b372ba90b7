"""Train a decision tree on the irises that ship with scikit-learn."""

import argparse
import json
import pathlib

import mlflow
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.tree import DecisionTreeClassifier, export_text

parser = argparse.ArgumentParser()
parser.add_argument("--max-depth", type=int, default=3)
parser.add_argument("--min-impurity", type=float, default=0.0)
parser.add_argument("--model", type=pathlib.Path, required=True)
args = parser.parse_args()

iris = load_iris()
train_x, test_x, train_y, test_y = train_test_split(iris.data, iris.target, test_size=0.3, random_state=0)
tree = DecisionTreeClassifier(max_depth=args.max_depth, min_impurity_decrease=args.min_impurity, random_state=0)

mlflow.log_params({"max_depth": args.max_depth, "min_impurity": args.min_impurity})
for fold, accuracy in enumerate(cross_val_score(tree, train_x, train_y, cv=5)):
    mlflow.log_metric("fold_accuracy", accuracy, step=fold)
tree.fit(train_x, train_y)
accuracy = tree.score(test_x, test_y)
mlflow.log_metric("accuracy", accuracy)
print(f"accuracy {accuracy:.3f}")

args.model.mkdir(parents=True, exist_ok=True)
(args.model / "tree.txt").write_text(export_text(tree, feature_names=list(iris.feature_names)), encoding="utf-8")
(args.model / "facts.json").write_text(
    json.dumps({"accuracy": accuracy, "max_depth": args.max_depth}), encoding="utf-8"
)
