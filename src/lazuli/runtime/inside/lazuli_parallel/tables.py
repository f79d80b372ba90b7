"""Rows as batches. A process of its own reads the table and lays each batch into a file for the worker that gets it.

The package ``mltable`` reads it where the environment has that, as on Azure; otherwise pandas does, piece by piece,
for what is understood of an MLTable here. A table whose files lie elsewhere, as those of Azure's first SDK do, is read
by Lazuli's package ``azureml``.
"""

import importlib
import os
import pickle
import re

from lazuli_parallel import files
from lazuli_parallel.trouble import Failure, told

PIECE = 64 << 20  # bytes of a file that are in memory at once
SAMPLE = 200  # rows by which the size of all is judged
UNITS = {"": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
ENCODINGS = {"utf8": "utf-8", "utf8bom": "utf-8-sig", "iso88591": "latin-1", "windows1252": "cp1252"}
HERE = "/proc/self/cwd"
READERS = ("read_delimited", "read_parquet", "read_json_lines")


def has_rows(table):
    """Whether an MLTable says how rows are read; otherwise it is a list of files."""
    return any(name.startswith("read_") for name, _ in files.steps(table))


def serve(settings, link):
    """Cut the table, and tell of each batch once the one before was taken. The exit code."""
    try:
        number, first = 0, 0
        for rows, count in Cutter(settings).batches():
            link.send("batch", index=number, items=count, first=first, rows=rows)
            number, first = number + 1, first + count
            if link.receive() is None:
                return 1
        link.send("end")
    except Exception as error:  # of pandas, or of whatever reads such files
        link.send("broken", **told(error))
    return 0


def load(file):
    """The key and the rows of a batch. Any worker may have to load it again, so it stays where it is."""
    pieces = []
    with open(file, "rb") as stream:
        key = pickle.load(stream)  # noqa: S301 - written by this very step
        while True:
            try:
                pieces.append(pickle.load(stream))  # noqa: S301
            except EOFError:
                break
    return key, pieces[0] if len(pieces) == 1 else importlib.import_module("pandas").concat(pieces, ignore_index=True)


class Cutter:
    """Cuts a table into files of rows."""

    def __init__(self, settings):
        self.settings = settings
        self.folder = os.path.join(settings.scratch, "table")
        os.makedirs(self.folder, exist_ok=True)
        self.count = 0

    def batches(self):
        """The file of each batch and how many rows it has."""
        pieces = read(self.settings.input, self.settings.table)
        return self._by_keys(pieces) if self.settings.partition_keys else self._by_size(pieces)

    def _by_size(self, pieces):
        size = size_of(self.settings.mini_batch_size)
        for piece in pieces:
            if not len(piece):
                continue
            most = max(1, int(size // row_bytes(piece)))
            for start in range(0, len(piece), most):
                rows = piece.iloc[start : start + most].reset_index(drop=True)
                file = self._file()
                add(file, None)
                add(file, rows)
                yield file, len(rows)

    def _by_keys(self, pieces):
        keys = list(self.settings.partition_keys)
        found = {}
        for piece in pieces:
            missing = [key for key in keys if key not in piece.columns]
            if missing:
                there = ", ".join(map(str, piece.columns))
                raise Failure(
                    f"partition_keys names '{missing[0]}', which is no column of the table. There are: {there}."
                )
            for values, rows in piece.groupby(keys, sort=False, dropna=False):
                values = values if isinstance(values, tuple) else (values,)
                if values not in found:
                    found[values] = [self._file(), 0]
                    plain = [value.item() if hasattr(value, "item") else value for value in values]
                    add(found[values][0], dict(zip(keys, plain)))
                add(found[values][0], rows.reset_index(drop=True))
                found[values][1] += len(rows)
        try:
            order = sorted(found)
        except TypeError:  # some are missing, or of several types
            order = sorted(found, key=str)
        for values in order:
            yield found[values]

    def _file(self):
        self.count += 1
        return os.path.join(self.folder, str(self.count))


def add(file, value):
    """Append to the file of a batch."""
    with open(file, "ab") as stream:
        pickle.dump(value, stream, protocol=4)


def size_of(said):
    """The bytes that a batch of rows has, about."""
    text = str(said or "1mb").strip().lower()
    match = re.fullmatch(r"(\d+)\s*([a-z]*)", text)
    if not match or match[2] not in UNITS or not int(match[1]):
        raise Failure(f"mini_batch_size is '{said}': for a table it is a size, such as '10kb' or '1mb'.")
    return int(match[1]) * UNITS[match[2]]


def row_bytes(rows):
    """How many bytes a row takes as text, about."""
    sample = rows.head(SAMPLE)
    return max(1.0, len(sample.to_csv(index=False, header=False).encode(errors="replace")) / len(sample))


def read(folder, table):
    """The pieces of a table, each a DataFrame."""
    rows_in = getattr(optional("azureml.data._reading") if lies_elsewhere(table) else None, "rows_in", None)
    if rows_in is not None:
        return iter([rows_in(folder)])
    pandas, mltable = optional("pandas"), optional("mltable")
    if pandas is None:
        raise Failure(
            "The input is a table, and the environment has neither 'mltable' nor 'pandas' to read it. "
            "Add one of them to its packages."
        )
    if mltable is None:
        return Reader(pandas, folder, table).pieces()
    return iter([by_mltable(mltable, folder)])


def lies_elsewhere(table):
    """Whether a table names files by addresses, and not below its own folder."""
    return any("://" in str(next(iter(entry.values()))) for entry in table.get("paths") or ())


def by_mltable(mltable, folder):
    """All rows. It matches partition formats with whole paths, and a dot in the name of a folder misleads it."""
    os.chdir(folder)
    rows = mltable.load(HERE).to_pandas_dataframe()
    if "Path" in rows.columns and rows["Path"].map(type).eq(str).all():
        rows["Path"] = [path.replace(HERE, folder, 1) for path in rows["Path"]]
    return rows


def optional(name):
    """A package of the user's environment, or None where it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class Reader:
    """Reads an MLTable with pandas alone."""

    def __init__(self, pandas, folder, table):
        self.pandas = pandas
        self.folder = folder
        self.table = table
        self.steps = files.steps(table)
        readers = [step for step in self.steps if step[0].startswith("read_")]
        self.how, said = readers[0]
        self.options = said if isinstance(said, dict) else {}
        self.pattern = files.path_pattern(table)  # None where none is said
        unknown = [name for name, _ in self.steps if not hasattr(self, f"_{name}")]
        if unknown:
            raise Failure(
                f"'{unknown[0]}' in the MLTable file is understood by the package 'mltable' alone. "
                "Add that to the environment."
            )
        self.left = {}  # by the number of a step: how many rows it still takes or skips

    def pieces(self):
        """The rows, piece by piece; no piece crosses the border of a file."""
        for path in files.paths(self.folder, self.table):
            if os.path.basename(path) == "MLTable":
                continue
            for piece in getattr(self, f"_{self.how}")(path):
                yield self._changed(piece, path)

    def _changed(self, rows, path):
        for number, (name, said) in enumerate(self.steps):
            if name not in READERS:
                rows = getattr(self, f"_{name}")(rows, said, number, path)
            elif self.options.get("include_path_column"):
                rows.insert(0, "Path", path)
        return rows

    def _read_delimited(self, path):
        said = self.options
        header = said.get("header", "all_files_same_headers")
        encoding = str(said.get("encoding", "utf8")).lower()
        how = {
            "sep": said.get("delimiter", ","),
            "encoding": ENCODINGS.get(encoding, encoding),
            "header": None if header == "no_header" else 0,
            "na_filter": not said.get("empty_as_string"),
        }
        if said.get("infer_column_types") is False:
            how["dtype"] = str
        if header == "from_first_file":
            if "names" in self.left:
                how.update(header=None, names=self.left["names"])
            else:
                self.left["names"] = list(self.pandas.read_csv(path, nrows=0, **how).columns)
        sample = self.pandas.read_csv(path, nrows=SAMPLE, **how)
        chunk = max(1, int(PIECE // row_bytes(sample))) if len(sample) else 1
        for piece in self.pandas.read_csv(path, chunksize=chunk, **how):
            if header == "no_header":
                piece.columns = [f"Column{number + 1}" for number in range(len(piece.columns))]
            yield piece

    def _read_json_lines(self, path):
        encoding = str(self.options.get("encoding", "utf8")).lower()
        how = {"lines": True, "encoding": ENCODINGS.get(encoding, encoding)}
        with open(path, "rb") as stream:
            line = len(stream.readline()) or 1
        yield from self.pandas.read_json(path, chunksize=max(1, PIECE // line), **how)

    def _read_parquet(self, path):
        parquet = optional("pyarrow.parquet")
        if parquet is None:  # pandas may have another engine, and says so where it has none
            yield self.pandas.read_parquet(path)
            return
        file = parquet.ParquetFile(path)
        rows = max(1, int(PIECE // max(1, os.path.getsize(path) // max(1, file.metadata.num_rows))))
        for piece in file.iter_batches(batch_size=rows):
            yield piece.to_pandas()

    def _take(self, rows, said, number, path):
        left = self.left.setdefault(number, int(said))
        self.left[number] -= min(left, len(rows))
        return rows.head(left)

    def _skip(self, rows, said, number, path):
        left = self.left.setdefault(number, int(said))
        self.left[number] -= min(left, len(rows))
        return rows.iloc[left:]

    def _keep_columns(self, rows, said, number, path):
        return rows[[said] if isinstance(said, str) else list(said)]

    def _drop_columns(self, rows, said, number, path):
        return rows.drop(columns=said, errors="ignore")

    def _extract_columns_from_partition_format(self, rows, said, number, path):
        match = self.pattern and self.pattern.search(os.path.relpath(path, self.folder))
        return rows.assign(**match.groupdict()) if match else rows

    def _convert_column_types(self, rows, said, number, path):
        for entry in said if isinstance(said, list) else [said]:
            columns = entry["columns"]
            for column in [columns] if isinstance(columns, str) else columns:
                rows = rows.assign(**{column: self._converted(rows[column], entry["column_type"])})
        return rows

    def _converted(self, values, kind):
        kind, said = next(iter(kind.items())) if isinstance(kind, dict) else (kind, None)
        if kind in ("int", "float"):
            numbers = self.pandas.to_numeric(values, errors="coerce")
            return numbers.astype("int64") if kind == "int" and not numbers.isna().any() else numbers.astype("float64")
        if kind == "string":
            return values.where(values.isna(), values.astype(str))
        if kind == "datetime":
            formats = (said or {}).get("formats") or [None]
            return self.pandas.to_datetime(values, format=formats[0], errors="coerce")
        if kind == "boolean":
            known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
            return values.astype(str).str.lower().map(known)
        return values
