"""A process of the script: its init() once, its run() for every batch, its shutdown() at the end."""

import importlib.util
import inspect
import json
import logging
import os
import sys
import types

from lazuli_parallel import models, tables
from lazuli_parallel.trouble import Failure, flush, told

SAYS = "parallel_run_step.settings.json"
"""A file beside the script that may say how tables are written."""


class Place:
    """Which of the processes this is, and where it writes."""

    def __init__(self, settings, slot):
        self.node, number = divmod(slot, settings.concurrency)
        self.process = f"process{number:03d}"
        self.name = f"{self.node}/{self.process}"
        self.logs = settings.logs

    def log(self, *folders, ending="txt"):
        """The file in one of the folders of logs that is this process's; its folder is made."""
        file = os.path.join(self.logs, *folders, str(self.node), f"{self.process}.{ending}")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        return file


class Context:
    """What run() is told of its batch, where it takes a second argument."""

    def __init__(self, batch, key):
        self.minibatch_index = batch["index"]
        self.partition_key_value = key
        self.global_row_index_lower_bound = batch["first"]

    @property
    def dataset(self):
        """The part of the dataset that the batch is, in steps of Azure's first SDK."""
        inputs = tables.optional("azureml.data._inputs")
        if inputs is None:
            raise Failure("mini_batch_context.dataset needs the package 'azureml-core': add it to the environment.")
        return inputs.cut_by(self.partition_key_value or {})


def work(settings, place, link, rows):
    """Serve batches until there are no more. The exit code; ``rows`` is the folder for what is returned, or None."""
    become(settings, place)
    script = None
    try:
        script = loaded(settings)
        getattr(script, "init", bool)()
    except BaseException as error:
        link.send("not_ready", **told(error))
        return 1
    link.send("ready")
    message = link.receive()
    while message is not None and message["kind"] == "batch":
        serve(settings, script, link, message, rows)
        message = link.receive()
    if message is None:  # the driver has gone
        return 1
    try:
        getattr(script, "shutdown", bool)()
    except BaseException as error:
        link.send("shutdown_failed", **told(error))
    return 0


def become(settings, place):
    """Make this forked process one of the script's."""
    flush()
    for number, folder in ((1, "stdout"), (2, "stderr")):
        file = place.log("user", folder, ending=f"{folder}.txt")
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(handle, number)
        os.close(handle)
    os.environ.update(settings.variables, AZUREML_CR_NODE_RANK=str(place.node), NODE_RANK=str(place.node))
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()  # else every process would draw the same numbers
    level = getattr(logging, settings.logging_level)
    logging.root.handlers = []  # of the driver's own
    logging.basicConfig(level=level, stream=sys.stderr)
    offer_entry_script(place, level)


def offer_entry_script(place, level):
    """``azureml_user.parallel_run.EntryScript``, by which scripts for Azure ML write into a log of their own."""
    logger = logging.getLogger("entry_script")
    logger.propagate = False
    logger.setLevel(level)
    handler = logging.FileHandler(place.log("user", "entry_script_log", ending="log.txt"), delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s|%(levelname)s|%(process)d|%(message)s"))
    logger.handlers = [handler]

    class EntryScript:
        """The logger of the script."""

        def __init__(self):
            self.logger = logger

    package, module = types.ModuleType("azureml_user"), types.ModuleType("azureml_user.parallel_run")
    package.__dict__.update(__path__=[], parallel_run=module)
    module.__dict__.update(EntryScript=EntryScript)
    sys.modules.update({"azureml_user": package, "azureml_user.parallel_run": module})


def loaded(settings):
    """The script as a module, imported as its own folder would have it; a model that needs none in its place."""
    if not settings.entry_script:
        return models.Scored(settings.variables["AZUREML_MODEL_DIR"])
    file = os.path.abspath(settings.entry_script)
    if not os.path.isfile(file):
        raise Failure(f"There is no entry script '{settings.entry_script}' in the code folder.")
    sys.argv[:] = [file, *settings.arguments]
    sys.path[:0] = list(dict.fromkeys([os.path.dirname(file), os.getcwd()]))
    name = os.path.splitext(os.path.basename(file))[0]
    name = "entry_script" if name in sys.modules else name
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise Failure(f"The entry script '{settings.entry_script}' is no Python file.")
    script = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    if not callable(getattr(script, "run", None)):
        raise Failure(f"The entry script '{settings.entry_script}' has no function 'run(mini_batch)'.")
    return script


def serve(settings, script, link, batch, rows):
    """Run one batch and tell how it went."""
    index = batch["index"]
    try:
        if "rows" in batch:
            key, data = tables.load(batch["rows"])
            items = len(data)
        else:
            key, data = batch["key"], batch["files"]
            items = len(data)
        link.send("running", index=index)
        context = [Context(batch, key)] if takes_two(script.run) else []
        returned = script.run(data, *context)
        count = counted(returned)
        if rows is not None:
            write(returned, os.path.join(rows, str(index)), options(settings))
    except BaseException as error:
        link.send("failed", index=index, **told(error))
    else:
        flush()
        link.send("done", index=index, items=items, returned=count)


def takes_two(function):
    """Whether a function takes a second positional argument."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # it is not written in Python
        return False
    return True


def counted(returned):
    """How many items were returned. Raises :class:`Failure` for what is no list or table."""
    if returned is None or isinstance(returned, (str, bytes, dict)) or not hasattr(returned, "__len__"):
        raise Failure(
            f"run() returned {type(returned).__name__}. It has to return a list or a DataFrame with an item for each "
            "one that went well; 'return []' where there is nothing to tell."
        )
    return len(returned)


def write(returned, file, how):
    """Write what was returned, a line for each row, all of it or nothing."""
    part = f"{file}.{os.getpid()}"
    with open(part, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        if hasattr(returned, "to_csv") and hasattr(returned, "columns"):
            returned.to_csv(stream, **how)
        else:
            stream.writelines(f"{item}\n" for item in returned)
    os.replace(part, file)


def options(settings):
    """How a table is written: separated by spaces, without names, unless a file beside the script says otherwise."""
    how = {"sep": " ", "header": False, "index": False}
    file = os.path.join(os.path.dirname(os.path.abspath(settings.entry_script or SAYS)), SAYS)
    if os.path.isfile(file):
        with open(file, encoding="utf-8") as stream:
            how.update(json.load(stream).get("append_row", {}).get("pandas.DataFrame.to_csv", {}))
    return how
