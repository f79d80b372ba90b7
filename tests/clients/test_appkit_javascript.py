"""App kits in JavaScript: checked by TypeScript, run by Node with ONNX Runtime Web."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from onnx import TensorProto, helper, save_model
from tests.ml.onnx.models import MODELS

from lazuli.ml.onnx.appkit import app_kit
from lazuli.schema.problems import Unsupported

pytestmark = pytest.mark.needs("npm", "node")
REPOSITORY = Path(__file__).parents[2]
PINNED = ("onnxruntime-web@1.30.0", "typescript@7.0.2")


@pytest.fixture(scope="session")
def packages() -> Path:
    """What a kit's ``npm install`` brings, installed once and kept where other people's clients are kept."""
    cache = Path(os.environ.get("LAZULI_TEST_CACHE") or REPOSITORY / ".cache") / "npm"
    root = cache / "-".join(PINNED).replace("@", "-")
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "finished").exists():
            run(root, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(root), *PINNED)
            (root / "finished").touch()
    return root / "node_modules"


def run(folder: Path, *command: str, fails: bool = False) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def written(tmp_path: Path, packages: Path, name: str) -> Path:
    file = tmp_path / f"{name}.onnx"
    MODELS[name](file)
    folder = app_kit(file, "javascript", tmp_path / "kit").folder
    (folder / "node_modules").symlink_to(packages)
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_the_project_answers_as_the_model_does(name: str, tmp_path: Path, packages: Path) -> None:
    folder = written(tmp_path, packages, name)
    told = run(folder, "npm", "test")
    assert re.search(r"^\W pass [12]$", told, re.MULTILINE) and re.search(r"^\W fail 0$", told, re.MULTILINE), told
    example = (folder / "README.md").read_text(encoding="utf-8").split("```js\n")[1].split("```")[0]
    (folder / "example.mjs").write_text(example, encoding="utf-8")
    assert run(folder, "node", "example.mjs").strip()


USE = """
import { MixedModel, type MixedInput } from "./model.js";

const given: MixedInput = { age: [30, 70], children: [0n, 2], job: ["clerk", "cook"] };
// @ts-expect-error a text is no number
const wrong: MixedInput = { age: ["30"], children: [0], job: ["clerk"] };
// @ts-expect-error an input is missing
const less: MixedInput = { age: [30], children: [0] };

export async function use(model: MixedModel): Promise<[string[], number | undefined]> {
  const { output_label, output_probability } = await model.evaluate(given);
  // @ts-expect-error labels are texts
  const places: BigInt64Array = output_label.data;
  void places;
  return [output_label.data, output_probability[1]?.get("yes")];
}
export { wrong, less };
"""
ASK = """
import { readFile } from "node:fs/promises";
import { MixedModel } from "./dist/model.js";
import { use } from "./dist/use.js";

const model = await MixedModel.load(await readFile("assets/model.onnx"));
const [labels, yes] = await use(model);
console.log(labels.join(), yes > 0.9);
await model.evaluate({ age: [30, 31], children: [0], job: ["cook"] }).catch((error) => console.log("refused"));
"""


def test_a_typed_program_uses_it(tmp_path: Path, packages: Path) -> None:
    folder = written(tmp_path, packages, "mixed")
    run(folder, "npm", "ls")  # what was installed is what package.json asks for
    (folder / "src/use.ts").write_text(USE)
    (folder / "ask.mjs").write_text(ASK)
    run(folder, "npx", "--no-install", "tsc")
    assert run(folder, "node", "ask.mjs").splitlines()[:2] == ["no,yes true", "refused"]


def test_the_test_of_a_project_sees_another_model(tmp_path: Path, packages: Path) -> None:
    folder = written(tmp_path, packages, "picture")
    asset = folder / "assets" / "model.onnx"
    asset.write_bytes(asset.read_bytes().replace(b"Relu", b"Tanh"))
    assert re.search(r"^\W fail 2$", run(folder, "npm", "test", fails=True), re.MULTILINE)


@pytest.fixture
def address(tmp_path: Path, packages: Path) -> Iterator[str]:
    folder = written(tmp_path, packages, "picture")
    with subprocess.Popen(["node", "serve.mjs", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()


def test_the_page_is_served_with_all_that_it_names(address: str) -> None:
    page = httpx.get(address)
    assert page.headers["content-type"] == "text/html" and "PictureModel.load" in page.text
    for name in re.findall(r"\./(assets/[\w.]+|node_modules/[\w./-]+)", page.text):
        assert httpx.get(address + name).status_code == 200, name
    wasm = httpx.get(f"{address}node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm")
    assert wasm.headers["content-type"] == "application/wasm"
    for outside in ("..%2fpicture.onnx", "%2e%2e/picture.onnx", "none"):
        assert httpx.get(address + outside).status_code == 404


def test_maps_that_cannot_be_taken_apart_are_refused(tmp_path: Path) -> None:
    maps = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    )
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "graph",
        [helper.make_value_info("x", maps)],
        [helper.make_value_info("y", maps)],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "m.onnx")
    with pytest.raises(Unsupported):
        app_kit(tmp_path / "m.onnx", "javascript", tmp_path / "kit")
