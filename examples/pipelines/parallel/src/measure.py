"""The mean of every column of each file: one line a file."""

import argparse
import csv
from pathlib import Path
from statistics import mean

arguments = argparse.Namespace()


def init():
    parser = argparse.ArgumentParser()
    parser.add_argument("--digits", type=int)
    parser.parse_known_args(namespace=arguments)


def run(mini_batch):
    return [measured(Path(file)) for file in mini_batch]


def measured(file):
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    means = (round(mean(float(row[column]) for row in rows), arguments.digits) for column in rows[0])
    return " ".join([file.stem, *map(str, means)])
