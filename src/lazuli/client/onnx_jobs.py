"""Exports of registered models to ONNX: a job in the model's own environment, and the file as a new model.

Neither the server nor the caller's process loads the model: unpickling runs its code, which is for its environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from lazuli.client.client import Client
from lazuli.client.collection import Unwritten
from lazuli.client.envelope import Shown
from lazuli.client.stream import follow
from lazuli.ml.onnx.shipped import ship
from lazuli.resources.job import CommandJob
from lazuli.resources.model import Model
from lazuli.schema.places import output_path
from lazuli.schema.problems import InvalidInput, NotFound, Problem, Unexpected, Unsupported, did_you_mean, from_envelope
from lazuli.schema.reference import DatastorePath, parse_datastore_path, parse_reference

__all__ = ["FRAMEWORKS", "ExportWishes", "Exported", "export_model"]

_OUTPUT, _FILE, _REPORT = "onnx", "model.onnx", "report.json"
_EACH = ("onnx>=1.15,<2", "onnxruntime>=1.17", "pandas", "protobuf<7", "pyyaml")
"""With protobuf 7 the converters fail on some models."""
FRAMEWORKS: Mapping[str, tuple[str, ...]] = {
    "sklearn": ("skl2onnx>=1.17",),
    "lightgbm": ("onnxmltools>=1.12", "scikit-learn", "skl2onnx>=1.17"),
    "xgboost": ("onnxmltools>=1.12", "scikit-learn", "skl2onnx>=1.17"),
    "catboost": (),
    "pytorch": ("onnxscript>=0.2",),
    "keras": ("tf2onnx>=1.16",),
    "tensorflow": ("tf2onnx>=1.16",),
    "onnx": (),
}
"""The flavors of MLflow that are exported, and what the environment of such a model needs for it."""
_PACKAGES = {
    "scikit-learn": "sklearn",
    "lightgbm": "lightgbm",
    "xgboost": "xgboost",
    "xgboost-cpu": "xgboost",
    "catboost": "catboost",
    "torch": "pytorch",
    "pytorch": "pytorch",
    "keras": "keras",
    "tensorflow": "tensorflow",
    "tensorflow-cpu": "tensorflow",
}
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_OLDEST = 9


@dataclass(frozen=True)
class ExportWishes:
    """What is wished of an export."""

    name: str = ""
    """The new model; that of the trained one with ``-onnx`` where left out."""
    sample: str = ""
    """Rows to compare on: a local file, or ``azureml:DATA:VERSION``."""
    environment: str = ""
    """``azureml:NAME:VERSION``; needed where the model brings none along."""
    framework: str = ""
    """Of :data:`FRAMEWORKS`; told by the model or its environment where left out."""
    compute: str = ""
    force: bool = False
    dynamic: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Exported:
    """A registered model that has become an ONNX model beside it."""

    model: Shown
    """The ONNX model, as it is registered."""
    report: Mapping[str, Any]
    """Inputs, outputs and the check."""
    job: str


def export_model(
    client: Client, reference: str, asked: ExportWishes, watch: Callable[[Client, str], object] | None = None
) -> Exported:
    """Export a model of the workspace by a job in its environment, wait for that, and register the ONNX file.

    ``watch`` is called with the name of the submitted job, and returns when it has ended. Raises what the export tells
    (where answers differ, :class:`InvalidInput` of the code ``OutputsDiffer``), and :class:`InvalidInput` where nothing
    tells the model's environment.
    """
    model = _model(client, reference)
    document = _job(client, model, asked)
    with TemporaryDirectory() as folder:
        document["code"] = str(ship(Path(folder)))
        source = Unwritten("The export", Path.cwd(), document, {}, strict=True)
        job = client.jobs.create(CommandJob.from_yaml(source), source)["name"]
    (watch or _ended)(client, job)
    return Exported(*_registered(client, model, asked, job), job)


def _model(client: Client, reference: str) -> Shown:
    said = reference if reference.startswith("azureml:") else f"azureml:{reference}"
    named = parse_reference(said)
    if named is None:
        raise InvalidInput(f"'{reference}' names no model.", target="source", mend="Write it as NAME:VERSION.")
    named.inside(client.scope, target="source")
    return client.models.get(named.name, named.version or "", named.label or "")


def _ended(client: Client, job: str) -> None:
    for _ in follow(client, job):
        pass


# --- the job ---------------------------------------------------------------------------------------------------------


def _job(client: Client, model: Shown, asked: ExportWishes) -> dict[str, Any]:
    """The job as YAML says it, but for its code."""
    place = f"${{{{outputs.{_OUTPUT}}}}}"
    words = ["python -m lazuli.ml.onnx.program", "${{inputs.model}}", f"{place}/{_FILE}", f"--report {place}/{_REPORT}"]
    reference = f"azureml:{model['name']}:{model['version']}"
    inputs: dict[str, Any] = {"model": {"type": model.get("type", "custom_model"), "path": reference}}
    if asked.sample:
        inputs["sample"] = {"type": "uri_file", "path": asked.sample}
        words.append("--sample ${{inputs.sample}}")
    for each in asked.dynamic:
        if not re.fullmatch(r"[\w.-]+=\d+", each):
            raise InvalidInput(f"'{each}' names no dimension.", target="--dynamic", mend="Write it as INPUT=AXIS.")
        words.append(f"--dynamic {each}")
    return {
        "type": "command",
        "display_name": f"Export {model['name']}:{model['version']} to ONNX",
        "experiment_name": "onnx-export",
        "command": " ".join([*words, *(["--force"] if asked.force else [])]),
        "inputs": inputs,
        "outputs": {_OUTPUT: {"type": "uri_folder"}},
        "environment": _environment(client, model, asked),
        "environment_variables": {"LAZULI_WARM": ""},  # libraries with threads of their own are not for forks
        **({"compute": asked.compute} if asked.compute else {}),
    }


def _environment(client: Client, model: Shown, asked: ExportWishes) -> Any:
    """The model's environment with what an export needs; where that is no conda file, as it is."""
    image = ""
    if asked.environment:
        named = parse_reference(asked.environment)
        if named is None:
            raise InvalidInput(
                f"'{asked.environment}' names no environment.", target="environment", mend="Write azureml:NAME:VERSION."
            )
        said = client.environments.get(named.name, named.version or "", named.label or "")
        if not said.get("conda_file"):
            return asked.environment
        conda, image = said["conda_file"], said.get("image") or ""
    else:
        conda = _brought(client, model)
    specification = yaml.safe_load(conda) if isinstance(conda, str) else dict(conda)
    if not isinstance(specification, dict):
        raise InvalidInput("The environment's conda file is no mapping.", target="environment")
    frameworks = _frameworks(model, specification, asked.framework)
    return {"image": image or "ubuntu", "conda_file": _with(specification, frameworks)}


def _brought(client: Client, model: Shown) -> str:
    """The conda file that lies beside the model."""
    place = parse_datastore_path(str(model["path"]))
    with TemporaryDirectory() as folder, suppress(NotFound):
        if place:
            below = DatastorePath(place.datastore, f"{place.path.rstrip('/')}/conda.yaml")
            client.storage.download(below, Path(folder))
            return (Path(folder) / "conda.yaml").read_text(encoding="utf-8")
    raise InvalidInput(
        f"The model '{model['name']}' does not tell its environment: it has no conda.yaml.",
        target="environment",
        mend="Name the one it was trained in with --environment azureml:NAME:VERSION.",
    )


def _frameworks(model: Shown, conda: Mapping[str, Any], said: str) -> list[str]:
    """What the model is of, as it says itself, or as the packages of its environment tell."""
    if said and said not in FRAMEWORKS:
        raise InvalidInput(
            f"There is no framework '{said}'.",
            target="framework",
            mend=did_you_mean(said, list(FRAMEWORKS)) or f"There are: {', '.join(FRAMEWORKS)}.",
        )
    flavors = model.get("flavors") or {}
    known = [said] if said else [name for name in FRAMEWORKS if name in flavors]
    if not known and flavors:
        told = ", ".join(sorted(set(flavors) - {"python_function"})) or "none"
        raise Unsupported(
            f"The flavors of the model are {told}, of which none is exported.",
            target="model",
            mend=f"These are: {', '.join(FRAMEWORKS)}. Others come in as ONNX files that their own tools write.",
        )
    return known or sorted({_PACKAGES[name] for name in _installed(conda) if name in _PACKAGES})


def _installed(conda: Mapping[str, Any]) -> list[str]:
    """The names of all packages of a conda file."""
    items: list[Any] = list(conda.get("dependencies") or [])
    texts = [item for item in items if isinstance(item, str)]
    texts += [text for item in items if isinstance(item, dict) for text in item.get("pip") or []]
    return [found.group().lower().replace("_", "-") for text in texts if (found := _NAME.match(text.strip()))]


def _with(conda: Mapping[str, Any], frameworks: Sequence[str]) -> dict[str, Any]:
    """The conda file with the packages that are lacking; which of their versions fit the others is pip's to find."""
    items = list(conda.get("dependencies") or [])
    python = next((item for item in items if isinstance(item, str) and re.match(r"python\s*[=<>~]", item)), "")
    if (minor := re.search(r"3\.(\d+)", python)) and int(minor.group(1)) < _OLDEST:
        raise Unsupported(
            f"The model's environment has {python}, and an export needs 3.{_OLDEST} or newer.",
            target="environment",
            mend="Name one with a newer Python with --environment that loads the model as well.",
        )
    wanted = sorted({*_EACH, *(need for name in frameworks for need in FRAMEWORKS[name])})
    have = set(_installed(conda))
    if "numpy" not in have and not have & set(_PACKAGES):
        wanted.append("numpy")
    needs = [need for need in wanted if re.split(r"[<>=]", need)[0] not in have]
    own = [text for item in items if isinstance(item, dict) for text in item.get("pip") or []]
    others = [item for item in items if not (isinstance(item, dict) and "pip" in item)]
    return {**conda, "dependencies": [*others, {"pip": [*own, *needs]}]}


# --- the model -------------------------------------------------------------------------------------------------------


def _registered(client: Client, model: Shown, asked: ExportWishes, job: str) -> tuple[Shown, Mapping[str, Any]]:
    """The new model, and what the export told. Raises the problem that it told, or why the job did not end well.

    The model's own code ran in the job and may have written anything into the report.
    """
    report = _report(client, job)
    if "error" in report:
        status = report.get("status")
        raise from_envelope(status if isinstance(status, int) else Unexpected.status, report)
    now = client.jobs.get(job)
    properties = _measured(report)
    if properties is None or now["status"] != "Completed":
        raise Unexpected(
            f"The job '{job}', which exports the model, is {now['status']}.",
            target="job",
            mend=f"'lazuli job stream -n {job}' shows what it said.",
        )
    properties = {"lazuli.exported_from": f"azureml:{model['name']}:{model['version']}", **properties}
    document = {
        "name": asked.name or f"{model['name']}-onnx",
        "type": "custom_model",
        "path": f"azureml://jobs/{job}/outputs/{_OUTPUT}/paths/{_FILE}",
        "description": f"{model['name']}:{model['version']} as ONNX.",
        "properties": properties,
    }
    source = Unwritten("The export", Path.cwd(), document, {}, strict=True)
    return client.models.create(Model.from_yaml(source), source), report


def _measured(report: Mapping[str, Any]) -> dict[str, str] | None:
    """What the check of a report measured, as properties; None where it is none."""
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        check = report["check"]
        if not all(isinstance(each, dict) for each in check["groups"]) or not isinstance(check["differences"], list):
            return None
        return {
            "lazuli.max_difference": f"{check['max_difference']:.6g}",
            "lazuli.mean_difference": f"{check['mean_difference']:.6g}",
            "lazuli.labels_differ": str(check["labels_differ"]),
            "lazuli.agrees": str(check["agrees"]).lower(),
            **({"lazuli.repaired": ", ".join(check["repaired"])} if check["repaired"] else {}),
        }
    return None


def _report(client: Client, job: str) -> dict[str, Any]:
    """What the program left beside the model; nothing where it did not get so far."""
    whole = output_path(job, _OUTPUT)
    with TemporaryDirectory() as folder, suppress(Problem, OSError, ValueError):
        client.storage.download(DatastorePath(whole.datastore, f"{whole.path}/{_REPORT}"), Path(folder))
        found = json.loads((Path(folder) / _REPORT).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}
