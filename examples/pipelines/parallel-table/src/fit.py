"""A line through the petals of each species, in a file of its own."""

import argparse
import json
from pathlib import Path

from sklearn.linear_model import LinearRegression


def init():
    global folder
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines")
    folder = Path(parser.parse_known_args()[0].lines)


def run(rows, context):
    species = context.partition_key_value["species"]
    line = LinearRegression().fit(rows[["petal_length"]], rows["petal_width"])
    told = {"slope": round(line.coef_[0], 3), "intercept": round(line.intercept_, 3), "flowers": len(rows)}
    (folder / f"{species}.json").write_text(json.dumps(told))
    print(species, told)
    return []
