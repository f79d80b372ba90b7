"""Let MLflow log by itself: the job's own run gets the final model, nested runs get the settings tried before."""

import argparse

import mlflow
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--depths", default="2,4")
args = parser.parse_args()

wine = load_wine()
train_x, test_x, train_y, test_y = train_test_split(wine.data, wine.target, test_size=0.3, random_state=0)
mlflow.sklearn.autolog(log_input_examples=False, silent=True)

scores = {}
with mlflow.start_run():
    for depth in map(int, args.depths.split(",")):
        with mlflow.start_run(run_name=f"depth {depth}", nested=True):
            tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(train_x, train_y)
            scores[depth] = tree.score(test_x, test_y)
            mlflow.log_metric("accuracy", scores[depth])
    best = max(scores, key=scores.get)
    DecisionTreeClassifier(max_depth=best, random_state=0).fit(train_x, train_y)
    mlflow.log_metric("accuracy", scores[best])
print(f"best depth {best}, accuracy {scores[best]:.3f}")
