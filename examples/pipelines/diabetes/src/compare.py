"""Tell which of two reports is the better one."""

import argparse
import json
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--gentle", type=Path)
parser.add_argument("--strong", type=Path)
parser.add_argument("--verdict", type=Path)
args = parser.parse_args()

rmse = {name: json.loads(getattr(args, name).read_text())["rmse"] for name in ("gentle", "strong")}
better = min(rmse, key=lambda name: rmse[name])
args.verdict.write_text(f"{better}\n")
print(f"{better} does better: {rmse}")
