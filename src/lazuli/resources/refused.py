"""What YAML written for Azure ML may ask for and Lazuli does not do, with the reason and what to use instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lazuli.schema.problems import did_you_mean

__all__ = ["ACTIONS", "COMPUTES", "FILES", "JOBS", "NODES", "STORES", "is_listed", "reason"]

_SPARK = (
    "Spark is not part of Lazuli. Write 'type: command' with an environment that holds pyspark, or read the data "
    "with pandas or polars"
)
_TUNING = "the weights of foundation models are not here to be trained. Write 'type: command' with your own training"

JOBS: dict[str, str] = {
    "spark": _SPARK,
    "finetuning": _TUNING,
    "distillation": "a teacher model behind Azure's endpoints cannot be reached. Write 'type: command'",
    "data_transfer": "there are no services to copy between. Write 'type: command' with a copying script",
    "import": "nothing is imported by a job. Use 'lazuli data create' with the file, or 'type: command'",
    "base": "it says nothing. Write 'type: command'",
}
"""Kinds of job, by their ``type``."""

NODES: dict[str, str] = {
    **JOBS,
    "if_else": "a pipeline runs all of its steps. Decide inside of one step",
    "do_while": "a pipeline runs its steps once. Repeat inside of one step, or use 'type: sweep'",
    "parallel_for": "a pipeline's steps are known before it runs. Use 'type: parallel', or 'type: sweep'",
}
"""Kinds of step in a pipeline, by their ``type``."""

COMPUTES: dict[str, str] = {
    "kubernetes": "A Kubernetes cluster cannot be attached: jobs run on this machine. Use 'type: amlcompute'",
    "virtualmachine": "A virtual machine cannot be attached: jobs run on this machine. Use 'type: amlcompute'",
    "synapsespark": "A Synapse Spark pool cannot be attached: jobs run on this machine. Use 'type: amlcompute'",
}
"""Kinds of compute."""

_UNREACHABLE = "it cannot be reached from here. Mount it on the server, and use 'type: local'"
STORES: dict[str, str] = dict.fromkeys(("azure_file", "azure_data_lake_gen1", "hdfs", "one_lake"), _UNREACHABLE)
"""Kinds of datastore."""

ACTIONS: dict[str, str] = {
    "create_monitor": "models are not watched. Use 'create_job' with a job that compares the data and logs metrics",
    "import_data": "no schedule fetches data. Use 'create_job' with a job whose script reads the source",
    "invoke_batch_endpoint": "no schedule calls an endpoint. Use 'create_job' with a job that does the work",
}
"""What a schedule does besides submitting a job, by the key that says it."""

_NO_FEATURES = "There is no feature store. Keep the table as 'type: mltable' data"
_NO_FLOWS = "Prompt flow is not part of Lazuli. Call the model from a script, with 'type: command'"
FILES: dict[str, str] = {
    "sparkjob": _SPARK,
    "sparkcomponent": _SPARK,
    "finetuningjob": _TUNING,
    "serverlessendpoint": "Models of Azure's marketplace run only there. Deploy a model of your own",
    "marketplacesubscription": "There is no marketplace. Use models of your own",
    "modelversionpackage": "Models are not packaged as images. Deploy the model with its environment",
    "featureset": _NO_FEATURES,
    "featurestore": _NO_FEATURES,
    "featurestoreentity": _NO_FEATURES,
    "dataindex": "Text is not indexed for search. Write 'type: command' with a library that does it",
    "vmcompute": "A virtual machine cannot be attached: jobs run on this machine. Use 'type: amlcompute'",
    "flow": _NO_FLOWS,
    "run": _NO_FLOWS,
}
"""Whole kinds of file, by the name of their schema."""


def reason(listed: Mapping[str, str], word: str, what: str, known: Sequence[str]) -> str:
    """Why ``word`` is refused: what the list says of it, else that nobody knows it, with the nearest of ``known``."""
    bare = re.sub(r"[\W_]", "", word).lower()
    said = next((text for key, text in listed.items() if key.replace("_", "") == bare), "")
    if said:
        return said
    near = did_you_mean(word, [str(each) for each in known])
    return f"not {what}; one of {', '.join(map(str, known))}. {near if near.startswith('Did you mean') else ''}".strip()


def is_listed(text: str) -> bool:
    """Whether a message gives one of the reasons here."""
    return any(
        why.lower() in text.lower() for listed in (NODES, COMPUTES, STORES, ACTIONS, FILES) for why in listed.values()
    )
