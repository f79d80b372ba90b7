"""How a parallel step is run: what its file says, and the arguments of the script that are meant for the platform."""

import json
import os

from lazuli_parallel.trouble import Failure

FLAGS = {
    "error_threshold": (int, "a whole number"),
    "allowed_failed_percent": (float, "a number"),
    "task_overhead_timeout": (float, "a number of seconds"),
    "progress_update_timeout": (float, "a number of seconds"),
    "first_task_creation_timeout": (float, "a number of seconds"),
    "resource_monitor_interval": (float, "a number of seconds"),
    "metrics_name_prefix": (str, "text"),
}
"""Arguments that say how the step is run. The script sees them as well."""


class Settings:
    """What a step does, and within which bounds. Seconds are 0 where there is no limit."""

    def __init__(self, file):
        with open(file, encoding="utf-8") as stream:
            said = json.load(stream)
        self.scratch = os.path.join(os.path.dirname(os.path.abspath(file)), "scratch")
        self.entry_script = said["entry_script"]
        self.arguments = said["arguments"]
        self.input = said["input"]  # the path of the file or folder
        self.table = said["table"]  # what its MLTable file says, where it is one
        self.mini_batch_size = said["mini_batch_size"]
        self.partition_keys = said["partition_keys"]
        self.error_threshold = said["error_threshold"]
        self.mini_batch_error_threshold = said["mini_batch_error_threshold"]
        self.tries = said["max_retries"] + 1
        self.timeout = said["timeout"]
        self.nodes = said["nodes"]
        self.concurrency = said["concurrency"] or concurrency(self.nodes)
        self.logging_level = said["logging_level"]
        self.append_row_to = said["append_row_to"]
        self.variables = said["variables"]
        self.allowed_failed_percent = 100.0
        self.task_overhead_timeout = 30.0
        self.progress_update_timeout = 0.0
        self.first_task_creation_timeout = 600.0
        self.resource_monitor_interval = 600.0
        self.metrics_name_prefix = ""
        self.logs = os.environ.get("AZUREML_LOGDIRECTORY_PATH") or os.path.abspath("logs")
        self._take_flags()

    @property
    def workers(self):
        """The most processes there are at once."""
        return self.nodes * self.concurrency

    def _take_flags(self):
        words = iter(self.arguments)
        for word in words:
            name, equals, value = word.partition("=")
            if not name.startswith("--") or name[2:] not in FLAGS:
                continue
            value = value if equals else next(words, "")
            read, what = FLAGS[name[2:]]
            try:
                setattr(self, name[2:], read(value))
            except ValueError:
                raise Failure(f"program_arguments: '{name} {value}' is not {what}.") from None


def concurrency(nodes):
    """How many processes a node has where nothing is said: one where there is a GPU, else its share of the cores."""
    if any(os.path.exists(f"/dev/{device}") for device in ("nvidia0", "kfd")):
        return 1
    return max(1, len(os.sched_getaffinity(0)) // nodes)
