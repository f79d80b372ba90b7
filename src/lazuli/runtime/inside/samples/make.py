"""Write a data set that scikit-learn carries as a table: ``python make.py load_iris species OUT``.

OUT is a CSV file, or with ``--table`` a folder with one and the file ``MLTable`` that describes it. The targets come as
one argument, with commas between their names.
"""

import argparse
import csv
import importlib
import inspect
import pathlib
import re

MLTABLE = """\
type: mltable
paths:
  - file: ./data.csv
transformations:
  - read_delimited:
      delimiter: ","
      header: all_files_same_headers
      encoding: utf8
"""


def read(function, targets):
    """The names of the columns and the rows; one target comes in the words of its classes, where it has any."""
    load = getattr(importlib.import_module("sklearn.datasets"), function)
    raw = {"scaled": False} if "scaled" in inspect.signature(load).parameters else {}
    loaded = load(**raw)
    columns = [re.sub(r"\W+", "_", re.sub(r"\(.*?\)", "", str(name)).strip()).lower() for name in loaded.feature_names]
    words = [str(word) for word in getattr(loaded, "target_names", ())]
    if len(targets) > 1:
        found = loaded.target.tolist()
    elif words and not all(word.isdigit() for word in words):
        found = [[words[number]] for number in loaded.target]
    else:
        found = [[value] for value in loaded.target.tolist()]
    return [*columns, *targets], [[*row, *said] for row, said in zip(loaded.data.tolist(), found)]


parser = argparse.ArgumentParser()
parser.add_argument("function")
parser.add_argument("targets")
parser.add_argument("out", type=pathlib.Path)
parser.add_argument("--table", action="store_true")
args = parser.parse_args()

columns, rows = read(args.function, args.targets.split(","))
file = args.out / "data.csv" if args.table else args.out
file.parent.mkdir(parents=True, exist_ok=True)
with file.open("w", encoding="utf-8", newline="") as stream:
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
if args.table:
    (args.out / "MLTable").write_text(MLTABLE, encoding="utf-8")
print(f"{len(rows)} rows, {len(columns)} columns: {', '.join(columns[:8])}{', …' * (len(columns) > 8)}")
