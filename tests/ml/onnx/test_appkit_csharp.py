"""App kits in C#: checked by a C# compiler against declarations of what they use. Nothing of them is run here."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from tests.ml.onnx.models import MODELS

from lazuli.ml.onnx.appkit import app_kit

pytestmark = pytest.mark.needs("mcs")
DECLARED = Path(__file__).with_name("csharp")


def written(tmp_path: Path, name: str) -> Path:
    file = tmp_path / f"{name}.onnx"
    MODELS[name](file)
    return app_kit(file, "csharp", tmp_path / "kit").folder


def compiled(*files: Path, defined: str = "") -> subprocess.CompletedProcess[str]:
    target = files[0].with_suffix(".dll")
    command = ["mcs", "-target:library", "-langversion:7", "-warnaserror", "-nowarn:1591,219", f"-out:{target}"]
    command += [f"-doc:{target.with_suffix('.xml')}", *([f"-define:{defined}"] if defined else []), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def use(folder: Path, block: int) -> str:
    """The page's example as a program."""
    code = (folder / "README.md").read_text(encoding="utf-8").split("```csharp\n")[block].split("```")[0]
    head = "\n".join(line for line in code.splitlines() if re.match(r"using [\w.]+;", line))
    body = "\n".join(line for line in code.splitlines() if not re.match(r"using [\w.]+;", line))
    given = "Windows.Storage.Streams.IRandomAccessStreamReference file = null;" if block == 2 else ""
    return f"{head}\nclass Page{block} {{ async System.Threading.Tasks.Task Run() {{ {given}\n{body}\n}} }}\n"


@pytest.mark.parametrize("name", MODELS)
def test_the_code_its_test_and_its_page_are_typed(name: str, tmp_path: Path) -> None:
    folder = written(tmp_path, name)
    pages = [folder / "Page1.cs", folder / "Page2.cs"]
    for block, page in enumerate(pages, start=1):
        page.write_text(use(folder, block), encoding="utf-8")
    done = compiled(*folder.glob("*/*.cs"), *pages, *DECLARED.glob("*.cs"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_for_windows_takes_the_package_as_well(tmp_path: Path) -> None:
    folder, symbol = written(tmp_path, "mixed"), "MICROSOFT_AI_MACHINELEARNING"
    (code,) = folder.glob("WindowsML/*.cs")
    done = compiled(code, DECLARED / "WindowsML.cs", defined=symbol)
    assert done.returncode == 0, done.stdout + done.stderr
    assert symbol in (folder / "WindowsML/MixedAppKit.WindowsML.csproj").read_text()


def test_another_type_does_not_pass(tmp_path: Path) -> None:
    folder = written(tmp_path, "mixed")
    (folder / "Page.cs").write_text(
        use(folder, 1).replace("DenseTensor<float>(new float", "DenseTensor<double>(new double")
    )
    done = compiled(*folder.glob("OnnxRuntime/*.cs"), folder / "Page.cs", DECLARED / "OnnxRuntime.cs")
    assert done.returncode != 0 and "CS0029" in done.stderr


def test_projects_name_files_that_are_there(tmp_path: Path) -> None:
    folder = written(tmp_path, "odd-names")
    for project in folder.rglob("*.csproj"):
        for item in ElementTree.parse(project).getroot().iter():
            if item.tag in ("None", "ProjectReference"):
                assert (project.parent / item.attrib["Include"]).is_file()


def test_what_can_be_shown_of_names_and_types(tmp_path: Path) -> None:
    code = (written(tmp_path, "mixed") / "OnnxRuntime/MixedModel.cs").read_text(encoding="utf-8")
    assert "public Tensor<long> Children { get; set; }" in code
    assert "IReadOnlyList<IReadOnlyDictionary<string, float>> OutputProbability" in code
    odd = (app_kit(tmp_path / "mixed.onnx", "csharp", tmp_path / "o", name="3d").folder / "OnnxRuntime").iterdir()
    assert sorted(file.name for file in odd) == ["Model3dAppKit.csproj", "Model3dModel.cs"]
