"""App kits: what is written, and that the Python project does what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, load_model, numpy_helper, save_model
from tests.ml.onnx.models import MODELS, applicants

from lazuli.ml.onnx import inspect
from lazuli.ml.onnx.appkit import LANGUAGES, app_kit
from lazuli.ml.onnx.appkit.languages import pascal, snake
from lazuli.ml.onnx.appkit.rendered import rendered
from lazuli.schema.problems import Conflict, InvalidInput, NotFound, Unsupported


def written(tmp_path: Path, name: str, language: str = "python", **more: Any) -> Path:
    file = tmp_path / f"{name}.onnx"
    MODELS[name](file)
    return app_kit(file, language, tmp_path / f"{name}-{language}", **more).folder


def files_of(folder: Path) -> Mapping[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-W", "error", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def example(folder: Path) -> str:
    """The program that the project's page shows."""
    return (folder / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


def test_templates_are_filled_once() -> None:
    words = {"name": "{{other}}", "other": "!", "each": [{"n": 1}, {"n": 2}], "no": False, "yes": True}
    assert rendered("{{name}}", words) == "{{other}}"
    assert (
        rendered("a\n{{#each}}\n  {{n}}{{#yes}}y{{/yes}}{{^no}}n{{/no}}\n{{/each}}\nb\n", words)
        == "a\n  1yn\n  2yn\nb\n"
    )
    assert rendered("{{#no}}x{{/no}}{{^yes}}x{{/yes}}", words) == ""
    with pytest.raises(KeyError):
        rendered("{{unknown}}", words)


@pytest.mark.parametrize(
    ("said", "in_pascal", "in_snake"),
    [
        ("credit-risk", "CreditRisk", "credit_risk"),
        ("CreditRisk", "CreditRisk", "credit_risk"),
        ("3d", "3d", "3d"),
        ("XMLModel", "XMLModel", "xml_model"),
    ],
)
def test_names_are_spelt_as_the_language_does(said: str, in_pascal: str, in_snake: str) -> None:
    assert (pascal(said), snake(said)) == (in_pascal, in_snake)


def test_every_name_becomes_an_identifier_of_its_own() -> None:
    said = ["class", "a-b", "a b", "a_b", "2", "", "größe", "__init__", "x" * 3]
    for language in LANGUAGES.values():
        taken: set[str] = set()
        names = [language.identifier(each, taken) for each in said]
        assert len(set(names)) == len(said) and all(name.isidentifier() for name in names), names
        assert not language.reserved & set(names)
    assert LANGUAGES["python"].identifier("x", {"x", "x_2"}) == "x_3"


@pytest.mark.parametrize("name", MODELS)
def test_the_python_project_answers_as_the_model_does_and_its_pages_example_runs(name: str, tmp_path: Path) -> None:
    folder = written(tmp_path, name)
    done = python(folder, "-c", f"{example(folder)}\nimport unittest\nunittest.main(module=None, argv=['unittest'])")
    assert done.returncode == 0 and done.stdout, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_the_test_of_a_project_sees_another_model(tmp_path: Path) -> None:
    folder = written(tmp_path, "picture")
    asset = folder / "picture_model" / "model.onnx"
    asset.write_bytes(asset.read_bytes().replace(b"Relu", b"Tanh"))
    assert "FAILED (failures=2)" in python(folder, "-m", "unittest").stderr


USE = """
import numpy as np
from mixed_model import MixedInput, MixedModel

model = MixedModel.load()
one = model.evaluate(MixedInput(age=70, children=2, job="cook"))
print(one.output_label.tolist(), one.output_probability[0]["yes"] > 0.9)
many = model.evaluate(MixedInput(age=[30, 60], children=[[0], [1]], job=np.array(["clerk", "smith"])))
print(many.output_label.tolist(), len(many.output_probability))
for wrong in (dict(age=[[1, 2]], children=[0], job=["cook"]), dict(age=[1], children=[0.5], job=["cook"])):
    try:
        model.evaluate(MixedInput(**wrong))
    except ValueError as error:
        print(error)
"""


def test_a_python_program_uses_it(tmp_path: Path) -> None:
    done = python(written(tmp_path, "mixed"), "-c", USE)
    assert done.stdout.splitlines() == [
        "['yes'] True",
        "['no', 'yes'] 2",
        "age has the shape [any, 1], and was given [1, 2].",
        "children holds values that int64 cannot.",
    ], done.stderr


def test_types_and_words_of_the_model_are_told(tmp_path: Path) -> None:
    code = (written(tmp_path, "picture") / "picture_model/model.py").read_text(encoding="utf-8")
    assert '"""image: float32[batch, 3, 8, 8] – brightness in cd/m²"""' in code
    assert "scores: npt.NDArray[np.float32]" in code


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_model_gives_the_same_project(language: str, tmp_path: Path) -> None:
    folder = written(tmp_path, "mixed", language)
    first = files_of(folder)
    app_kit(tmp_path / "mixed.onnx", language, folder, force=True)
    assert files_of(folder) == first


@pytest.mark.parametrize(
    ("name", "project", "package"),
    [
        ("Größe", "grosse-model", "größe_model"),
        ("数", "model", "数_model"),
        ("!", "model", "model"),
    ],
)
def test_packages_have_names_that_an_index_takes(name: str, project: str, package: str, tmp_path: Path) -> None:
    MODELS["picture"](tmp_path / "m.onnx")
    folder = app_kit(tmp_path / "m.onnx", "python", tmp_path / "kit", name=name).folder
    assert f'name = "{project}"' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert (folder / package / "model.onnx").exists()
    assert python(folder, "-m", "unittest").returncode == 0


def test_a_folder_in_use_is_left_alone_unless_forced(tmp_path: Path) -> None:
    folder = tmp_path / "picture-python"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(Conflict, match="is not empty"):
        written(tmp_path, "picture")
    assert files_of(folder) == {"mine.txt": b"mine"}
    written(tmp_path, "picture", force=True)
    assert (folder / "mine.txt").read_text() == "mine" and (folder / "README.md").exists()


def test_given_rows_are_the_samples(tmp_path: Path) -> None:
    applicants().to_csv(tmp_path / "rows.csv", index=False)
    folder = written(tmp_path, "mixed", sample=tmp_path / "rows.csv")
    stored = json.loads((folder / "tests/samples.json").read_text(encoding="utf-8"))["samples"]
    ages = [round(each["inputs"]["age"]["data"][0], 3) for each in stored]
    assert ages == [round(float(age), 3) for age in applicants()["age"][:5]]
    applicants().head(0).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(InvalidInput, match="has no rows"):
        app_kit(tmp_path / "mixed.onnx", "python", tmp_path / "other", sample=tmp_path / "rows.csv")


def test_given_arrays_are_the_sample(tmp_path: Path) -> None:
    file = tmp_path / "every type.onnx"
    MODELS["every type"](file)
    given: dict[str, Any] = {port.name: np.zeros((2, 3)) for port in inspect(file).signature.inputs}
    given |= {"DOUBLE": np.array(0.1), "INT64": np.array([3, 4]), "STRING": np.array([["a", "b"], ["c", "ü"]])}
    np.savez(tmp_path / "given.npz", **given)
    folder = app_kit(file, "python", tmp_path / "kit", sample=tmp_path / "given.npz").folder
    (stored,) = json.loads((folder / "tests/samples.json").read_text(encoding="utf-8"))["samples"]
    outputs = stored["outputs"]
    assert outputs["far"] == {"dims": [2], "data": [str(2**60 + 4), str(2**60 + 5)]}
    assert outputs["same_STRING"] == {"dims": [2, 2], "data": ["a", "b", "c", "ü"]}
    assert outputs["same_DOUBLE"] == {"dims": [], "data": [0.1]}
    assert outputs["none"] == {"dims": [3], "data": ["NaN", "-Infinity", 0.0]}
    assert python(folder, "-m", "unittest").returncode == 0
    np.savez(tmp_path / "given.npz", **{**given, "INT8": np.array(["x"])})
    with pytest.raises(InvalidInput, match="'INT8' takes int8"):
        app_kit(file, "python", tmp_path / "other", sample=tmp_path / "given.npz")
    del given["UINT8"]
    np.savez(tmp_path / "given.npz", **given)
    with pytest.raises(InvalidInput, match="no array 'UINT8'"):
        app_kit(file, "python", tmp_path / "other", sample=tmp_path / "given.npz")
    assert not (tmp_path / "other").exists()


def test_a_given_array_is_the_sample_of_a_model_with_one_input(tmp_path: Path) -> None:
    np.save(tmp_path / "given.npy", np.ones((2, 3, 8, 8)))
    folder = written(tmp_path, "picture", sample=tmp_path / "given.npy")
    (stored,) = json.loads((folder / "tests/samples.json").read_text(encoding="utf-8"))["samples"]
    assert stored["outputs"]["scores"]["dims"] == [2, 2]


def test_weights_in_another_file_are_taken_along(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.ones((2, 400), dtype=np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 400])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save_model(model, tmp_path / "m.onnx", save_as_external_data=True, location="m.bin")
    folder = app_kit(tmp_path / "m.onnx", "python", tmp_path / "kit").folder
    assert python(folder, "-m", "unittest").returncode == 0
    (tmp_path / "m.bin").unlink()
    with pytest.raises(InvalidInput, match=r"'m.bin' is missing"):
        app_kit(tmp_path / "m.onnx", "python", tmp_path / "other")


def test_a_model_may_take_nothing_and_tensors_may_be_empty(tmp_path: Path) -> None:
    graphs = {
        "constant": ([helper.make_node("Constant", [], ["self"], value_floats=[1.0, 2.0])], [], [2]),
        "empty": ([helper.make_node("Identity", ["np"], ["self"])], ["np"], [0, 2]),
    }
    for name, (nodes, inputs, shape) in graphs.items():
        taken = [helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each in inputs]
        graph = helper.make_graph(
            nodes, "graph", taken, [helper.make_tensor_value_info("self", TensorProto.FLOAT, shape)]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        save_model(model, tmp_path / f"{name}.onnx")
        folder = app_kit(tmp_path / f"{name}.onnx", "python", tmp_path / name).folder
        assert python(folder, "-m", "unittest").returncode == 0
        assert python(folder, "-c", example(folder)).returncode == 0


def test_what_cannot_be_passed_is_told(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("SequenceConstruct", ["x", "x"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, [2])],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "s.onnx")
    with pytest.raises(Unsupported, match="'y' is sequence"):
        app_kit(tmp_path / "s.onnx", "python", tmp_path / "kit")
    with pytest.raises(NotFound, match="no app kits in 'cobol'"):
        app_kit(tmp_path / "s.onnx", "cobol", tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


def test_a_model_that_refuses_what_is_invented_asks_for_a_sample(tmp_path: Path) -> None:
    shape = numpy_helper.from_array(np.array([7]), "shape")
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [7])],
        [shape],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "r.onnx")
    with pytest.raises(Unsupported, match=r"--sample"):
        app_kit(tmp_path / "r.onnx", "python", tmp_path / "kit")
    np.savez(tmp_path / "seven.npz", x=np.arange(7, dtype=np.float32))
    assert app_kit(tmp_path / "r.onnx", "python", tmp_path / "kit", sample=tmp_path / "seven.npz").samples == 1


LABELS = """
from grades_model import GradesInput, GradesModel

answer = GradesModel.load().evaluate(GradesInput(height=[-2, 0, 2], weight=[0, 0, 0]))
print(GradesModel.probabilities_labels, answer.label.tolist())
print([GradesModel.probabilities_labels[place] for place in answer.probabilities.argmax(axis=1)])
"""


def test_the_columns_of_a_table_of_probabilities_have_labels(tmp_path: Path) -> None:
    done = python(written(tmp_path, "grades"), "-c", LABELS)
    assert done.stdout.splitlines() == ["(0, 10, 20) [0, 10, 20]", "[0, 10, 20]"], done.stderr
    typed = {
        "csharp/OnnxRuntime/GradesModel.cs": "IReadOnlyList<long> ProbabilitiesLabels = new long[] { 0, 10, 20 };",
        "javascript/src/model.ts": "static readonly probabilities_labels: readonly bigint[] = [0n, 10n, 20n];",
    }
    for path, line in typed.items():
        folder = tmp_path / path.split("/")[0]
        app_kit(tmp_path / "grades.onnx", folder.name, folder)
        assert line in (tmp_path / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_holds_no_markup_of_a_model(language: str, tmp_path: Path) -> None:
    said = "<img src=x>*`|"
    MODELS["mixed"](tmp_path / "m.onnx")
    model = load_model(tmp_path / "m.onnx")
    model.opset_import.append(helper.make_opsetid(said, 1))
    (tmp_path / f"{said}.onnx").write_bytes(model.SerializeToString())
    page = (app_kit(tmp_path / f"{said}.onnx", language, tmp_path / "kit").folder / "README.md").read_text()
    assert page.count(r"\<img src=x\>\*\`\|") == 3 and said not in page
