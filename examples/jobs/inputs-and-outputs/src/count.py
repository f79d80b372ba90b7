"""Count the words of a text, and keep those that occur often enough."""

import argparse
import collections
import json
import pathlib
import re

parser = argparse.ArgumentParser()
parser.add_argument("--text", type=pathlib.Path, required=True)
parser.add_argument("--least", type=int, default=1)
parser.add_argument("--counts", type=pathlib.Path, required=True)
args = parser.parse_args()

words = collections.Counter(re.findall(r"\w+", args.text.read_text(encoding="utf-8").lower()))
counts = {word: count for word, count in words.most_common() if count >= args.least}
(args.counts / "counts.json").write_text(json.dumps(counts, indent=2), encoding="utf-8")
print(f"{len(counts)} words occur at least {args.least} times; most often: {next(iter(counts), 'none')}")
