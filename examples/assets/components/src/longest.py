"""Keep the longest lines of a text."""

import argparse
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--text", type=pathlib.Path, required=True)
parser.add_argument("--lines", type=int, required=True)
parser.add_argument("--heading")
parser.add_argument("--kept", type=pathlib.Path, required=True)
said = parser.parse_args()

longest = sorted(said.text.read_text().splitlines(), key=len, reverse=True)[: said.lines]
heading = [said.heading] if said.heading else []
(said.kept / "longest.txt").write_text("\n".join([*heading, *longest]) + "\n")
