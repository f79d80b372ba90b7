"""Split the diabetes data of scikit-learn into rows to learn from and rows to judge by."""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--test-share", type=float)
parser.add_argument("--seed", type=int)
parser.add_argument("--train", type=Path)
parser.add_argument("--test", type=Path)
args = parser.parse_args()

features, target = load_diabetes(return_X_y=True)
rows = np.column_stack([features, target])
train, test = train_test_split(rows, test_size=args.test_share, random_state=args.seed)
for folder, part in ((args.train, train), (args.test, test)):
    np.savetxt(folder / "rows.csv", part, delimiter=",")
print(f"{len(train)} rows to learn from, {len(test)} to judge by")
