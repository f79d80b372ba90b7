"""Parallel steps over tables, in environments that have pandas alone, and with mltable as on Azure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.clients.environments import client_environment
from tests.runtime.steps import Step

PANDAS = ["pandas==2.3.3", "pyarrow==21.*"]
CSV = {"read_delimited": {"delimiter": ",", "encoding": "utf8", "header": "all_files_same_headers"}}
TELLS = """
import json
def run(rows, context):
    told = [context.minibatch_index, context.partition_key_value, context.global_row_index_lower_bound]
    return [json.dumps([told, list(rows.columns), list(map(str, row))]) for row in rows.values]
"""


@pytest.fixture(scope="module")
def python() -> str:
    return str(client_environment("tables", PANDAS))


@pytest.fixture
def step(tmp_path: Path, python: str) -> Step:
    return Step(tmp_path, python)


def told(step: Step) -> list[list[Any]]:
    return [json.loads(row) for row in step.rows()]


def cells(step: Step, *numbers: int) -> list[Any]:
    """Some cells of every row, or one."""
    rows = [tuple(row[2][number] for number in numbers) for row in told(step)]
    return rows if len(numbers) > 1 else [row[0] for row in rows]


def table(*transformations: Any, paths: Any = ({"pattern": "./*.csv"},)) -> dict[str, Any]:
    return {"paths": list(paths), "transformations": list(transformations)}


def lines(count: int, start: int = 0) -> str:
    return "number,word\n" + "".join(f"{number},word{number:04d}\n" for number in range(start, start + count))


def test_rows_are_cut_by_their_size_and_never_across_files(step: Step) -> None:
    step.script(TELLS)
    step.write("in/a.csv", lines(10))
    step.write("in/b.csv", lines(3, 10))
    step.run(table=table(CSV), mini_batch_size="45b")  # a row has 11 bytes
    rows = told(step)
    assert cells(step, 0) == [str(number) for number in range(13)]
    cut = [([0, None, 0], 4), ([1, None, 4], 4), ([2, None, 8], 2), ([3, None, 10], 3)]
    assert [row[0] for row in rows] == [place for place, count in cut for _ in range(count)]
    assert rows[0][1] == ["number", "word"]
    step.run(table=table(CSV))
    assert {row[0][0] for row in told(step)} == {0, 1}


def test_a_table_is_never_whole_in_memory_and_leaves_nothing_behind(step: Step) -> None:
    step.script("def run(rows):\n    return rows\n")
    step.write("in/a.csv", lines(40_000))
    step.run(table=table(CSV), mini_batch_size="1kb", concurrency=1)
    assert len(step.rows()) == 40_000 and step.rows()[-1] == "39999 word39999"
    assert not [file for file in (step.root / "parallel" / "scratch").rglob("*") if file.is_file()]


def test_rows_with_the_same_keys_are_a_batch(step: Step) -> None:
    step.script(TELLS)
    step.write("in/a.csv", "store,kind,value\n2,b,1\n1,a,2\n2,a,3\n")
    step.write("in/b.csv", "store,kind,value\n1,a,4\n2,b,5\n")
    step.run(table=table(CSV), partition_keys=["store", "kind"], mini_batch_size="1b")
    rows = told(step)
    assert [row[0][1] for row in rows] == [
        {"store": 1, "kind": "a"},
        {"store": 1, "kind": "a"},
        {"store": 2, "kind": "a"},
        {"store": 2, "kind": "b"},
        {"store": 2, "kind": "b"},
    ]
    assert cells(step, 2) == ["2", "4", "3", "1", "5"]
    assert [row[0][2] for row in rows] == [0, 0, 2, 3, 3]
    assert "partition_keys names 'shop', which is no column of the table. There are: store, kind, value." in step.run(
        1, table=table(CSV), partition_keys=["shop"]
    )


def test_a_batch_of_rows_that_fails_is_loaded_again(step: Step) -> None:
    step.script(
        "import os\ndef run(rows):\n"
        "    if not os.path.exists('tried'):\n        open('tried', 'w')\n        os._exit(1)\n"
        "    return rows.iloc[1:]\n"
    )
    step.write("in/a.csv", lines(6))
    said = step.run(table=table(CSV), mini_batch_size="33", concurrency=1)
    assert step.rows() == ["1 word0001", "2 word0002", "4 word0004", "5 word0005"]
    assert "Mini-batch 0, try 1 of 3: its process ended with exit code 1." in said and "Failed items: 2." in said


def test_keys_may_be_folders(step: Step) -> None:
    step.script(TELLS)
    for store in "12":
        for brand in "ab":
            step.write(f"in/{store}/{brand}/rows.csv", f"week,sold\n2020-01-01,{store}\n")
    fmt = {"extract_columns_from_partition_format": {"partition_format": "{store}/{brand}/{file_name}.{extension}"}}
    with_path = {"read_delimited": {**CSV["read_delimited"], "include_path_column": True}}
    dropped = {"drop_columns": ["Path", "file_name", "extension"]}
    said = table(with_path, fmt, dropped, paths=[{"pattern": "./**/*.csv"}])
    step.run(table=said, partition_keys=["store", "brand"])
    assert [list(row[0][1].values()) for row in told(step)] == [["1", "a"], ["1", "b"], ["2", "a"], ["2", "b"]]
    assert told(step)[0][1] == ["week", "sold", "store", "brand"]


def test_what_pandas_reads_of_an_mltable(step: Step) -> None:
    step.script(TELLS)
    step.write("in/a.csv", "x;y;when\n1;2.5;2020-01-31\n2;;2020-02-01\n3;1;\n")
    read = {"read_delimited": {"delimiter": ";", "encoding": "iso88591"}}
    types = [
        {"columns": ["x"], "column_type": "string"},
        {"columns": "when", "column_type": {"datetime": {"formats": ["%Y-%m-%d"]}}},
    ]
    step.run(table=table(read, {"convert_column_types": types}, {"skip": 1}, {"keep_columns": ["x", "when"]}))
    assert cells(step, 0, 1) == [("2", "2020-02-01 00:00:00"), ("3", "NaT")]
    step.run(table=table(read, {"take": 2}, {"drop_columns": "when"}))
    assert cells(step, 0, 1) == [("1.0", "2.5"), ("2.0", "nan")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("no_header", ["Column1,a,1,b,2", "a,1", "b,2"]),
        ("from_first_file", ["a,1,b,2"]),
        ("all_files_same_headers", []),
    ],
)
def test_headers(step: Step, header: str, expected: list[str]) -> None:
    step.script("def run(rows):\n    return [','.join(map(str, [*rows.columns[:1], *row])) for row in rows.values]\n")
    step.write("in/1.csv", "a,1\n")
    step.write("in/2.csv", "b,2\n")
    step.run(0 if expected else 1, table=table({"read_delimited": {"header": header}}), mini_batch_size="1mb")
    if header == "no_header":
        assert step.rows() == ["Column1,a,1", "Column1,b,2"]
    elif expected:
        assert step.rows() == ["a,b,2"]


def test_other_kinds_of_files(step: Step) -> None:
    step.script(TELLS)
    step.write("in/a.jsonl", '{"x": 1, "y": "a"}\n{"x": 2, "y": "b"}\n')
    step.run(table=table({"read_json_lines": {}}, paths=[{"file": "./a.jsonl"}]))
    assert cells(step, 0, 1) == [("1", "a"), ("2", "b")]
    step.script("import pandas\n" + TELLS + "pandas.DataFrame({'x': [1, 2, 3]}).to_parquet('../in/a.parquet')\n")
    step.run(table=table({"read_json_lines": None}, paths=[{"file": "./a.jsonl"}]))
    step.run(table=table({"read_parquet": {}}, paths=[{"file": "./a.parquet"}]), mini_batch_size="2")
    assert [row[0][0] for row in told(step)] == [0, 1, 2]


def test_what_only_mltable_understands_is_said(step: Step) -> None:
    step.script(TELLS)
    step.write("in/a.csv", lines(2))
    said = step.run(1, table=table(CSV, {"filter": "col('number') > 1"}))
    assert "'filter' in the MLTable file is understood by the package 'mltable' alone." in said.splitlines()[-1]
    said = step.run(1, table=table(CSV, paths=[{"file": "./none.csv"}]))
    assert "The MLTable file names './none.csv', which is not in its folder." in said


def test_a_file_that_is_no_table_is_said_with_what_pandas_says(step: Step) -> None:
    step.script(TELLS)
    (step.root / "in" / "a.csv").write_bytes(b"a,b\n\xff\xfe,2\n")
    said = step.run(1, table=table(CSV))
    assert "The table could not be read: UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff" in said


@pytest.fixture
def as_on_azure(tmp_path: Path) -> Step:
    return Step(tmp_path, str(client_environment("mltable", ["mltable==1.6.*", *PANDAS])))


def test_mltable_finds_keys_in_folders_wherever_these_lie(as_on_azure: Step) -> None:
    step = as_on_azure
    step.script(TELLS)
    for store in "12":
        step.write(f"in.put/{store}/a/rows.csv", f"sold\n{store}\n")
    said = table(
        {"read_delimited": {"delimiter": ",", "include_path_column": True}},
        {"extract_columns_from_partition_format": {"partition_format": "{store}/{brand}/{file}.{extension}"}},
        paths=[{"pattern": "./**/*.csv"}],
    )
    step.write("in.put/MLTable", json.dumps(said))
    step.run(input=str(step.root / "in.put"), table=said, partition_keys=["store", "brand"])
    assert [row[0][1] for row in told(step)] == [{"store": "1", "brand": "a"}, {"store": "2", "brand": "a"}]
    path = dict(zip(*told(step)[0][1:], strict=True))["Path"]
    assert path.endswith(str(step.root / "in.put" / "1" / "a" / "rows.csv"))


def test_mltable_reads_what_it_understands(as_on_azure: Step) -> None:
    step = as_on_azure
    step.script(TELLS)
    step.write("in/a.csv", lines(6))
    step.write(
        "in/MLTable",
        "paths:\n  - file: ./a.csv\ntransformations:\n  - read_delimited:\n      delimiter: ','\n"
        "  - filter: col('number') > 1\n",
    )
    step.run(table=table(CSV, {"filter": "col('number') > 1"}), mini_batch_size="25")
    assert cells(step, 0) == ["2", "3", "4", "5"]
    assert [row[0][0] for row in told(step)] == [0, 0, 1, 1]
