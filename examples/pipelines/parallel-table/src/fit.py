"""A line through the petals of each species, in a file of its own."""

import argparse
import json
from pathlib import Path

from sklearn.linear_model import LinearRegression

arguments = argparse.Namespace()


def init():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=Path)
    parser.parse_known_args(namespace=arguments)


def run(rows, context):
    species = context.partition_key_value["species"]
    line = LinearRegression().fit(rows[["petal_length"]], rows["petal_width"])
    told = {"slope": round(line.coef_[0], 3), "intercept": round(line.intercept_, 3), "flowers": len(rows)}
    (arguments.lines / f"{species}.json").write_text(json.dumps(told))
    print(species, told)
    return []
