"""A project around an ONNX model, in the language of the app that is to use it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lazuli.ml.onnx.appkit.examples import example
from lazuli.ml.onnx.appkit.fields import fields, in_markdown, notes_of
from lazuli.ml.onnx.appkit.labels import labels_of, without_maps
from lazuli.ml.onnx.appkit.languages import LANGUAGES, Language, pascal, snake
from lazuli.ml.onnx.appkit.rendered import rendered
from lazuli.ml.onnx.appkit.samples import TOLERANCE, inputs_of, invented, plain
from lazuli.ml.onnx.files import LARGEST, read
from lazuli.ml.onnx.inspected import inspect
from lazuli.ml.onnx.running import Runnable
from lazuli.ml.onnx.signature import Port, signature_of, text
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, TooLarge

__all__ = ["Kit", "app_kit"]

_TEMPLATES = Path(__file__).parent
_ENDING = ".tmpl"


@dataclass(frozen=True)
class Kit:
    """A project that was written."""

    folder: Path
    language: str
    name: str
    """What its classes are called after."""
    files: tuple[str, ...]
    """Relative to the folder."""
    samples: int
    """How many stored answers its test compares with."""


def app_kit(
    file: str | Path,
    language: str,
    folder: str | Path,
    *,
    name: str = "",
    sample: str | Path | None = None,
    force: bool = False,
) -> Kit:
    """Write a small project that loads an ONNX model and asks it by typed inputs and outputs, and a test of it.

    ``sample`` names inputs (rows in ``.csv``, ``.parquet`` or ``.json``, arrays in ``.npy`` or ``.npz``); what ONNX
    Runtime answers to them is stored, and the project's test holds its code to that. Without it inputs are invented.
    The same model gives the same project.

    Raises :class:`Conflict` where the folder holds something, unless ``force`` is said: then files of the project are
    written anew and others stay. Raises :class:`Unsupported` for types that the language's runtime does not know, and
    :class:`NotFound` for a language that is none of ``LANGUAGES``. Nothing is written then.
    """
    if language not in LANGUAGES:
        raise NotFound(
            f"There are no app kits in '{language}'.", target="language", mend=f"There are: {', '.join(LANGUAGES)}."
        )
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise Conflict(f"'{place}' is a file.", target="folder", mend="Name another folder.")
    if not force and place.is_dir() and any(place.iterdir()):
        raise Conflict(
            f"The folder '{place}' is not empty.", target="folder", mend="Name another, or write into it with --force."
        )
    title = name or Path(file).stem
    files, samples = _project(Path(file), LANGUAGES[language], title, sample)
    for inner, content in files.items():
        target = place / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return Kit(place, language, title, tuple(sorted(files)), samples)


def _project(file: Path, language: Language, title: str, sample: str | Path | None) -> tuple[dict[str, bytes], int]:
    """Every file of the project, and how many samples it has."""
    model, stored = _whole(file)
    runnable, graph = Runnable(stored), model.graph
    signature, notes, labels = signature_of(graph), notes_of(graph), labels_of(graph)
    if not language.knows_maps and (taken_apart := without_maps(model)):
        stored, labels = model.SerializeToString(), labels | taken_apart
    words = _names(language, title)
    taken = {words["model_class"], words["input_class"], words["output_class"]}
    inputs = fields(language, signature.inputs, notes, labels, set(taken))
    outputs = fields(language, signature.outputs, notes, labels, set(taken))
    given = inputs_of(sample, signature.inputs) if sample else invented(runnable, signature.inputs, graph)
    answers = [runnable.run(asked) for asked in given]
    samples = [
        {"inputs": _plain(asked, signature.inputs, inputs), "outputs": _plain(answer, signature.outputs, outputs)}
        for asked, answer in zip(given, answers, strict=True)
    ]
    for each in inputs:
        each["example"] = example(language.name, each, samples[0]["inputs"][each["field"]])
        if language.name == "csharp":
            each["windows_example"] = example("windows", each, samples[0]["inputs"][each["field"]])
    words |= {"inputs": inputs, "outputs": outputs, **_facts(language, file, model, inputs, outputs)}
    made = {path: rendered(template, words).encode() for path, template in _templates(language, words)}
    where_model, where_samples = (rendered(path, words) for path in _ASSETS[language.name])
    return {**made, where_model: stored, where_samples: _as_json(samples)}, len(samples)


def _facts(
    language: Language, file: Path, model: Any, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the templates say of the model as a whole."""
    return {
        "description": language.note(text(model.doc_string or model.graph.doc_string)),
        "source": language.note(file.name),
        "file": in_markdown(file.name),
        "opsets": ", ".join(in_markdown(f"{text(s.domain) or 'ai.onnx'} {s.version}") for s in model.opset_import),
        "needs_numpy": any("np." in each["example"] for each in inputs),
        "has_maps": any(each["is_maps"] for each in outputs),
        "has_labels": any(each["has_labels"] for each in outputs),
    }


_ASSETS = {
    "python": ("{{package}}/model.onnx", "tests/samples.json"),
    "csharp": ("assets/model.onnx", "assets/samples.json"),
    "javascript": ("assets/model.onnx", "assets/samples.json"),
}
"""Where the model and its samples lie."""


def _whole(file: Path) -> tuple[Any, bytes]:
    """The model with all its weights, and its bytes: of a file that needs no other they are its own."""
    model = read(file)
    external = inspect(file).external
    if not external:
        return model, file.read_bytes()
    for each in external:
        if each.state != "present":
            raise InvalidInput(
                f"The file of weights '{each.location}' is {each.state}.",
                target="model",
                mend="Put it beside the model.",
            )
    from onnx.external_data_helper import load_external_data_for_model

    load_external_data_for_model(model, str(file.parent))
    if model.ByteSize() > LARGEST:
        raise TooLarge("The model and its weights are more than the 2 GiB that one file can hold.", target="model")
    return model, model.SerializeToString()


def _names(language: Language, title: str) -> dict[str, Any]:
    """What the project, its package and its classes are called."""
    base = pascal(title).removesuffix("Model")
    base = base if not base or base[:1].isalpha() else f"Model{base}"
    package = snake(f"{base}Model")
    return {
        "title": language.note(title),
        "html_title": escape(language.note(title)),
        "heading": in_markdown(title),
        "project": _published(package),
        "package": package,
        "namespace": f"{base}AppKit",
        "model_class": f"{base}Model",
        "input_class": f"{base}Input",
        "output_class": f"{base}Output",
    }


def _published(package: str) -> str:
    """The name for an index of packages, which knows ASCII alone: ``grosse-model`` is ``große_model`` there."""
    plain = unicodedata.normalize("NFKD", package.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return plain.replace("_", "-").strip("-") or "onnx-model"


def _templates(language: Language, words: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The path of each file and its template."""
    root = _TEMPLATES / language.name
    return [
        (
            rendered(file.relative_to(root).as_posix().removesuffix(_ENDING), words),
            file.read_text(encoding="utf-8"),
        )
        for file in sorted(root.rglob(f"*{_ENDING}"))
    ]


def _plain(values: Mapping[str, Any], ports: Sequence[Port], called: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values by the names of their fields, as JSON can say them."""
    return {each["field"]: plain(values[port.name]) for port, each in zip(ports, called, strict=True)}


def _as_json(samples: Sequence[Any]) -> bytes:
    """A sample a line."""
    lines = ",\n".join(json.dumps(sample, ensure_ascii=False) for sample in samples)
    return f'{{"tolerance": {TOLERANCE}, "samples": [\n{lines}\n]}}\n'.encode()
