"""Files as batches: those below a folder or of an MLTable, in the order of their paths."""

import glob
import itertools
import os
import re

from lazuli_parallel.trouble import Failure

PATH_FORMAT = "extract_columns_from_partition_format"


class Batch:
    """A part of the input: how many items it has, and how often it was tried."""

    def __init__(self, index, items, first, **words):
        self.index = index
        self.items = items
        self.first = first  # how many items lie before it
        self.words = words  # what its worker is told
        self.tries = 0


def batches(settings):
    """All batches of files, one after the other, without all of them in memory. Keys of partitions need all names."""
    first = 0
    for number, (key, chosen) in enumerate(_groups(settings)):
        yield Batch(number, len(chosen), first, files=chosen, key=key)
        first += len(chosen)


def count(settings):
    """How many batches there will be."""
    if settings.partition_keys:
        return len(set(_keys(settings)))
    total = sum(1 for _ in listed(settings))
    return -(-total // size(settings))


def size(settings):
    """How many files a batch has."""
    said = str(settings.mini_batch_size or "1").strip()
    if not said.isdigit() or int(said) < 1:
        raise Failure(
            f"mini_batch_size is '{said}': for files it is how many of them a batch has, such as '10'. "
            "Sizes like '10kb' are for tables: an input of type mltable whose MLTable file reads its rows."
        )
    return int(said)


def _groups(settings):
    if settings.partition_keys:
        found = {}
        for path, key in zip(listed(settings), _keys(settings)):
            found.setdefault(key, []).append(path)
        for key in sorted(found):
            yield dict(zip(settings.partition_keys, key)), found[key]
        return
    most, chosen = size(settings), []
    for path in listed(settings):
        chosen.append(path)
        if len(chosen) == most:
            yield None, chosen
            chosen = []
    if chosen:
        yield None, chosen


def _keys(settings):
    """The values of the partition keys of each file: from the format of the MLTable, else from folders 'key=value'."""
    pattern = path_pattern(settings.table)
    for path in listed(settings):
        relative = os.path.relpath(path, settings.input)
        if pattern:
            match = pattern.search(relative)
            found = match.groupdict() if match else {}
        else:
            found = dict(part.split("=", 1) for part in relative.split("/") if "=" in part)
        missing = [key for key in settings.partition_keys if key not in found]
        if missing:
            raise Failure(
                f"partition_keys names '{missing[0]}', which the path '{relative}' does not tell. Put files into "
                f"folders named '{missing[0]}=value', or let the MLTable file say '{PATH_FORMAT}'."
            )
        yield tuple(found[key] for key in settings.partition_keys)


def path_pattern(table):
    """The pattern of paths that an MLTable's partition format says, or None. Raises Failure for dates in it."""
    said = next((said for name, said in steps(table) if name == PATH_FORMAT), None)
    if said is None:
        return None
    text = str(said["partition_format"] if isinstance(said, dict) else said)
    pattern = ""
    for literal, name in re.findall(r"([^{]+)|\{([^}]*)\}", text.lstrip("./")):
        if name and not name.isidentifier():
            raise Failure(
                f"'{{{name}}}' in the partition format of the MLTable file is understood by the package 'mltable' "
                "alone. Add that to the environment."
            )
        pattern += f"(?P<{name}>[^/]+?)" if name else re.escape(literal)
    return re.compile("(?:^|/)" + pattern + "$")


def steps(table):
    """The transformations of an MLTable: the name of each, and what is said with it."""
    said = (table or {}).get("transformations") or []
    return [next(iter(step.items())) if isinstance(step, dict) else (str(step), None) for step in said]


def listed(settings):
    """The paths of all files of the input."""
    if settings.table is None:
        return below(settings.input) if os.path.isdir(settings.input) else iter([settings.input])
    return _of_table(settings.input, settings.table)


def _of_table(folder, table):
    found = (path for path in paths(folder, table) if path != os.path.join(folder, "MLTable"))
    for name, said in steps(table):
        if name == "take":
            found = itertools.islice(found, int(said or 0))
        elif name == "skip":
            found = itertools.islice(found, int(said or 0), None)
    return found


def paths(folder, table):
    """The files that an MLTable in ``folder`` lists, in its order."""
    for entry in table["paths"]:
        said = next(iter(entry.values()))
        if "://" in said:
            raise Failure(
                f"The MLTable file names '{said}', which lies elsewhere. The package 'azureml-core' may be able to "
                "read it, or 'mltable': add one to the environment; or keep the data in the table's own folder."
            )
        if "pattern" in entry:
            hits = glob.iglob(os.path.join(glob.escape(folder), said), recursive=True)
            for path in sorted(hit for hit in hits if os.path.isfile(hit)):
                yield os.path.normpath(path)
            continue
        path = os.path.normpath(os.path.join(folder, said))
        if os.path.isdir(path):
            yield from below(path)
        elif os.path.exists(path):
            yield path
        else:
            raise Failure(f"The MLTable file names '{said}', which is not in its folder.")


def below(folder, above=()):
    """The files below a folder in the order of their paths; a link that leads in a circle is left out."""
    info = os.stat(folder)
    me = (info.st_dev, info.st_ino)
    if me in above:
        return
    with os.scandir(folder) as entries:
        found = sorted((entry.name + ("/" if entry.is_dir() else ""), entry.path) for entry in entries)
    for name, path in found:
        if name.endswith("/"):
            yield from below(path, (*above, me))
        else:
            yield path
