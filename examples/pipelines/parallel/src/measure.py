"""The mean of every column of each file: one line a file."""

import argparse
import csv
from pathlib import Path
from statistics import mean


def init():
    global digits
    parser = argparse.ArgumentParser()
    parser.add_argument("--digits", type=int)
    digits = parser.parse_known_args()[0].digits


def run(mini_batch):
    return [measured(Path(file)) for file in mini_batch]


def measured(file):
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    means = (round(mean(float(row[column]) for row in rows), digits) for column in rows[0])
    return " ".join([file.stem, *map(str, means)])
