"""How a script is served: a file of JSON, and behind it the variables that Azure's inference server knows.

=============  ==========================  ====================================================================
key            variable                    what it says
=============  ==========================  ====================================================================
``root``       ``AML_APP_ROOT``            the folder of the code; the script's working folder
``script``     ``AZUREML_ENTRY_SCRIPT``    the scoring script, within ``root``
``flavor``                                 ``mlflow``: no script, but the model of MLflow below
                                           ``AZUREML_MODEL_DIR`` (see :mod:`lazuli_score.mlflow_model`)
``sockets``                                paths of Unix sockets: a worker for each, which alone listens there
``address``    ``SERVER_PORT``             ``[host, port]`` where all workers listen; in place of ``sockets``
               ``LAZULI_PRIMARY_KEY``,     what callers at ``address`` show as ``Authorization: Bearer …``; without
               ``LAZULI_SECONDARY_KEY``    either nobody is asked for one
``workers``    ``WORKER_COUNT``            how many workers share ``address`` (1)
``timeout_ms`` ``SCORING_TIMEOUT_MS``      how long one ``run()`` may take, in milliseconds (3600000)
``grace_ms``                               how much later a worker whose ``run()`` goes on is killed (10000)
``largest``                                the largest body of a request, in bytes (104857600)
``log_level``  ``AZUREML_LOG_LEVEL``       from which level on loggers write to stdout (``INFO``)
``collect``                                what is kept of requests (see :class:`lazuli_score.pages.Collect`)
``origins``    ``AML_CORS_ORIGINS``        web origins, divided by commas, whose pages may call; ``*`` for all
=============  ==========================  ====================================================================

A worker takes one request at a time: who has several sockets knows which worker is free. It listens once its
``init()`` is done, and ``GET /`` then answers 200. The process ends with code 3 when a script cannot be loaded or its
``init()`` fails, and with 0 on SIGTERM, after the requests that are being answered. A worker that ends by itself is
started again.
"""

import json
import os

from lazuli_score.trouble import Failure

LONGEST_MS = 3600 * 1000
GRACE_MS = 10 * 1000
LARGEST = 100 * 1024 * 1024
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PORT = 5001


class Settings:
    """What is served, where, and within which bounds."""

    def __init__(self, said, variables):
        self.root = os.path.abspath(said.get("root") or variables.get("AML_APP_ROOT") or os.getcwd())
        self.script = said.get("script") or variables.get("AZUREML_ENTRY_SCRIPT") or "score.py"
        self.is_mlflow = said.get("flavor") == "mlflow"
        self.sockets = list(said.get("sockets") or [])
        host, port = said.get("address") or ("127.0.0.1", whole(variables, "SERVER_PORT", PORT))
        self.address = (host, port)
        self.workers = len(self.sockets) or said.get("workers") or whole(variables, "WORKER_COUNT", 1)
        keys = [] if self.sockets else [variables.get(f"LAZULI_{word}_KEY") for word in ("PRIMARY", "SECONDARY")]
        self.keys = [key.encode() for key in keys if key]
        self.timeout_ms = said.get("timeout_ms") or whole(variables, "SCORING_TIMEOUT_MS", LONGEST_MS)
        self.grace_ms = said.get("grace_ms") or GRACE_MS
        self.largest = said.get("largest") or LARGEST
        self.collect = said.get("collect")
        self.log_level = (said.get("log_level") or variables.get("AZUREML_LOG_LEVEL") or "INFO").upper()
        origins = said.get("origins") or variables.get("AML_CORS_ORIGINS") or ""
        self.origins = [origin.strip() for origin in origins.split(",") if origin.strip()]
        if self.log_level not in LEVELS:
            raise Failure(f"AZUREML_LOG_LEVEL: '{self.log_level}' is not one of {', '.join(LEVELS)}.")


def read(file):
    """The settings that a file says, and the variables of this process where it is silent."""
    with open(file, encoding="utf-8") as stream:
        return Settings(json.load(stream), os.environ)


def whole(variables, name, otherwise):
    """The positive whole number of a variable."""
    said = variables.get(name) or str(otherwise)
    if not said.isdigit() or int(said) < 1:
        raise Failure(f"{name}: '{said}' is not a whole number above 0.")
    return int(said)
