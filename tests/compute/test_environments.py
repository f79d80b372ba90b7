"""Environments are really built by uv, here from a package made on the spot, so that no index is needed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from lazuli.compute.contract import until
from lazuli.compute.engine import Phase, Reason
from lazuli.compute.engines.local import LocalEngine
from lazuli.compute.environments import _RUNTIME, Environments, Realised, Recipe, State, check_interpreter, recipe_of
from lazuli.compute.recipes import Image
from lazuli.schema.problems import Conflict, InvalidInput
from lazuli.store.settings import Settings

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of uv for all tests: it remembers the interpreters, and looking at each of them takes a while."""
    return tmp_path_factory.mktemp("cache")


def pack(folder: Path, name: str, version: str, content: str = "", needs: str = "") -> None:
    """Put a package of one module into a folder."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    module = f"{name.replace('-', '_')}.py"
    with zipfile.ZipFile(folder / f"{info.removesuffix('.dist-info')}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(module, content)
        needed = f"Requires-Dist: {needs}\n" if needs else ""
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{module},,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture(autouse=True)
def index(tmp_path_factory: pytest.TempPathFactory, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the package index, with one package in it."""
    folder = tmp_path_factory.mktemp("index")
    pack(folder, "tinypackage", "1.0", "answer = 42\n")
    for name, value in {
        "UV_FIND_LINKS": str(folder),
        "UV_NO_INDEX": "1",
        "UV_CACHE_DIR": str(cache),
        "UV_PYTHON_DOWNLOADS": "never",
    }.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(tmp_path / "runs")


@pytest.fixture
def environments(tmp_path: Path, engine: LocalEngine) -> Environments:
    return Environments(tmp_path / "envs", engine)


def built(environments: Environments, recipe: Recipe) -> Realised:
    until(lambda: environments.realise(recipe).state != State.BUILDING, "the end of the build")
    return environments.realise(recipe)


def test_a_package_can_be_imported_and_is_compiled(environments: Environments) -> None:
    recipe = Recipe(PYTHON, ("tinypackage==1.0",))
    assert environments.realise(recipe).state == State.BUILDING
    ready = built(environments, recipe)
    assert ready.state == State.READY, ready.message
    code = "import sys, tinypackage; print(tinypackage.answer, sys.prefix, tinypackage.__cached__)"
    answer, prefix, compiled = subprocess.check_output([ready.python, "-c", code], text=True).split()
    assert (answer, Path(prefix)) == ("42", ready.prefix)
    until(Path(compiled).exists, "its bytecode")
    until((ready.prefix.parent / "compiled").exists, "the mark that all is compiled")
    assert ready.python_version.startswith(PYTHON)
    assert environments.lock_of(recipe) == "tinypackage==1.0\n"


def test_compiling_ends_with_the_server_and_the_next_one_goes_on_with_it(
    environments: Environments, engine: LocalEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = tmp_path / "runtime"
    shutil.copytree(_RUNTIME, endless)
    (endless / "compile.py").write_text("import time; time.sleep(600)")
    monkeypatch.setattr("lazuli.compute.environments._RUNTIME", endless)
    recipe = Recipe(PYTHON, ("tinypackage==1.0",))
    ready = built(environments, recipe)
    key = environments._compile_key(recipe)
    assert engine.look(key).phase in (Phase.STARTING, Phase.RUNNING)
    environments.close()
    assert engine.look(key).over and not (ready.prefix.parent / "compiled").exists()

    monkeypatch.undo()
    Environments(tmp_path / "envs", engine).resume()
    until((ready.prefix.parent / "compiled").exists, "the mark that all is compiled")
    until(lambda: engine.look(key).over, "its end")
    Environments(tmp_path / "envs", engine).resume()
    assert engine.look(key).reason == Reason.COMPLETED, "what is compiled is left alone"


def test_packages_come_from_where_the_settings_say(tmp_path: Path, engine: LocalEngine) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    pack(wheels, "ours", "2.0")
    settings = Settings(package_links=f"{wheels}")
    environments = Environments(tmp_path / "envs", engine, sources=settings.package_sources)
    ready = built(environments, Recipe(PYTHON, ("ours",)))
    assert ready.state == State.READY, ready.message
    assert environments.lock_of(Recipe(PYTHON, ("ours",))).startswith("ours==2.0")


def test_an_interpreter_is_taken_as_it_is(environments: Environments, tmp_path: Path) -> None:
    recipe = recipe_of(f"interpreter:{sys.executable}")
    ready = environments.realise(recipe)
    assert (ready.state, ready.python) == (State.READY, Path(sys.executable))
    assert ready.prefix / "bin" == Path(sys.executable).parent
    assert (environments.state(recipe), environments.lock_of(recipe)) == (State.READY, "")
    check_interpreter(recipe, "local")
    with pytest.raises(InvalidInput, match="the compute is 'cpu-cluster'"):
        check_interpreter(recipe, "cpu-cluster")
    for absent in (f"{tmp_path}/bin/python", "python", str(tmp_path)):
        with pytest.raises(InvalidInput, match="no executable Python"):
            check_interpreter(recipe_of(f"interpreter:{absent}"), "local")


def test_the_package_azureml_is_the_one_that_lazuli_brings(environments: Environments, index: Path) -> None:
    for needed in ("requests", "pyyaml"):
        pack(index, needed, "6.0")
    recipe = recipe_of(f"python:{PYTHON}", {"dependencies": [{"pip": ["azureml-defaults==1.48", "azureml-core"]}]})
    ready = built(environments, recipe)
    assert ready.state == State.READY, ready.message
    assert "lazuli-azureml==" in environments.lock_of(recipe)
    told = subprocess.check_output([ready.python, "-c", "import azureml.core as a; print(a.VERSION, a.__file__)"])
    assert told.decode().startswith("1.6") and str(ready.prefix) in told.decode()


def test_azures_packages_make_way_where_others_bring_them(environments: Environments, index: Path) -> None:
    pack(index, "azureml-core", "1.48")
    pack(index, "lucky", "1.0", needs="azureml-core~=1.48")
    for needed in ("requests", "pyyaml"):
        pack(index, needed, "6.0")
    recipe = Recipe(PYTHON, ("lucky",))
    ready = built(environments, recipe)
    assert ready.state == State.READY, ready.message
    lock = environments.lock_of(recipe)
    assert "lazuli-azureml==" in lock and "lucky==1.0" in lock and "azureml-core" not in lock
    assert b"brought azureml-core" in environments.log(environments.key(recipe))
    told = subprocess.check_output([ready.python, "-c", "import azureml.core as a, lucky; print(a.VERSION)"])
    assert told.decode().startswith("1.6")


def test_an_index_that_the_user_names_comes_before_that_of_the_settings(environments: Environments) -> None:
    settings = Settings(package_index="https://ours/simple", package_links="/a https://b/")
    assert settings.package_sources == (
        "--default-index=https://ours/simple",
        "--find-links=/a",
        "--find-links=https://b/",
    )
    environments._sources = settings.package_sources
    spec = environments._spec(Recipe(PYTHON, ("x",), ("--index-url=https://mine/simple",)), "")
    assert spec["sources"] == ["--find-links=/a", "--find-links=https://b/"]


def test_torch_comes_without_cuda_where_there_is_no_gpu(environments: Environments, index: Path) -> None:
    pack(index, "nvidia-blas", "1.0")
    pack(index, "torch", "2.0", needs="nvidia-blas")
    recipe = Recipe(PYTHON, ("torch>=1",), ("--no-index",))
    assert built(environments, recipe).state == State.READY
    assert "nvidia-blas" in environments.lock_of(recipe)  # there is nothing else
    assert "'package_links'" in environments.log(environments.key(recipe)).decode()
    pack(index, "torch", "2.0+cpu")
    recipe = Recipe(PYTHON, ("torch>=2",), ("--no-index",))
    assert built(environments, recipe).state == State.READY
    assert environments.lock_of(recipe).startswith("torch==2.0+cpu")
    assert b"GPU" not in environments.log(environments.key(recipe))


def test_a_bare_python_is_an_environment_too(environments: Environments) -> None:
    ready = built(environments, recipe_of(image=f"python:{PYTHON}"))
    assert ready.state == State.READY
    assert subprocess.check_output([ready.python, "-c", "print('ran')"]) == b"ran\n"
    assert "lazuli" not in environments.lock_of(recipe_of(image=f"python:{PYTHON}"))


def test_many_who_ask_share_one_build(environments: Environments, engine: LocalEngine) -> None:
    recipe = Recipe(PYTHON, ("tinypackage",))
    threads = [threading.Thread(target=environments.realise, args=(recipe,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built(environments, recipe).state == State.READY
    keys = environments.keys()
    assert [key for key in keys if not key.endswith("-compile")] == [environments.key(recipe)]
    assert keys == engine.orphans(()), "and the server takes none of it for strays"
    assert engine.tail(environments.key(recipe), "user_logs/std_log.txt").count(b"Making a virtual environment") == 1


def test_another_server_finds_what_was_built(environments: Environments, engine: LocalEngine, tmp_path: Path) -> None:
    recipe = Recipe(PYTHON)
    built(environments, recipe)
    until(lambda: engine.look(environments.key(recipe)).over, "the end of the builder")
    engine.forget(environments.key(recipe))
    again = Environments(tmp_path / "envs", LocalEngine(tmp_path / "other"))
    assert again.realise(recipe).state == State.READY
    assert again.keys() == []


def test_a_failed_build_tells_what_uv_said_and_can_be_repeated(
    environments: Environments, engine: LocalEngine, index: Path
) -> None:
    recipe = Recipe(PYTHON, ("tinypackage==2.0",))
    failed = built(environments, recipe)
    assert failed.state == State.FAILED
    assert "tinypackage==2.0" in failed.message and "could not be installed" in failed.message
    assert str(index.parent) not in failed.message
    assert b"tinypackage==2.0" in engine.tail(failed.log_key, "user_logs/std_log.txt")
    assert environments.realise(recipe).state == State.FAILED, "it does not try again by itself"
    with pytest.raises(Conflict):
        environments.lock_of(recipe)
    environments.forget(recipe)
    assert environments.realise(recipe).state == State.BUILDING
    with pytest.raises(Conflict):
        environments.forget(recipe)
    built(environments, recipe)


def test_a_python_that_is_not_here_is_never_replaced(environments: Environments) -> None:
    failed = built(environments, Recipe("3.1"))
    assert failed.state == State.FAILED
    assert "Python 3.1 is neither on this machine" in failed.message
    assert PYTHON in failed.message, "it tells what is here"


def test_another_patch_of_a_python_stands_in(environments: Environments) -> None:
    ready = built(environments, Recipe(f"{PYTHON}.99"))
    assert ready.state == State.READY, ready.message
    assert ready.python_version.startswith(f"{PYTHON}.")


@pytest.mark.needs("Rscript")
def test_r_packages_are_those_of_the_machine(environments: Environments) -> None:
    ready = built(environments, Recipe(PYTHON, needs=("Rscript", "R:stats", "R:tools")))
    assert ready.state == State.READY, ready.message
    failed = built(environments, Recipe(PYTHON, needs=("Rscript", "R:stats", "R:nosuchpackage")))
    assert failed.state == State.FAILED
    assert "the R package 'nosuchpackage'" in failed.message and "stats" not in failed.message


def test_what_the_machine_lacks_is_named(environments: Environments) -> None:
    failed = built(environments, Recipe(PYTHON, needs=("sh", "no-such-program", "deb:no-such-package")))
    assert failed.state == State.FAILED
    assert "the program 'no-such-program', the system package 'no-such-package'" in failed.message
    assert "'sh'" not in failed.message


def test_a_container_that_cannot_run_says_why(environments: Environments, monkeypatch: pytest.MonkeyPatch) -> None:
    """``false`` stands for a docker whose daemon does not answer."""
    monkeypatch.setattr("lazuli.compute.environments.container_programs", lambda: ["/bin/false"])
    failed = built(environments, Recipe("", image=Image("registry.example.org/x:1")))
    assert failed.state == State.FAILED
    assert "needs a container" in failed.message and "false: it does not answer" in failed.message


def test_conda_makes_what_only_conda_can(
    environments: Environments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script stands for micromamba, which no test can have here: it shows that it is asked in the right words."""
    program = tmp_path / "micromamba"
    program.write_text(
        '#!/bin/sh\necho "$@"\n[ $1 = list ] && exit\nmkdir -p venv/conda-meta venv/bin; cp conda.yml venv/\n'
        "touch venv/conda-meta/python-3.11.4-hab00c5b_0_cpython.json venv/conda-meta/python-dateutil-2.9.0-0.json\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr("lazuli.compute.environments.conda_program", lambda: str(program))
    recipe = Recipe("", conda="dependencies: [openjdk=17]")
    ready = built(environments, recipe)
    assert ready.state == State.READY and ready.python_version == "3.11.4"
    assert (ready.prefix / "conda.yml").read_text() == recipe.conda
    assert ready.variables == {"CONDA_PREFIX": str(ready.prefix)}
    assert b"create -y -p venv -f conda.yml" in environments.log(ready.log_key)
    assert environments.lock_of(recipe) == "list -p venv --explicit\n"


def test_an_exact_python_is_exact(environments: Environments) -> None:
    exact = ".".join(map(str, sys.version_info[:3]))
    assert built(environments, Recipe(exact)).python_version == exact
    assert built(environments, Recipe("3.99.1")).state == State.FAILED


def test_a_build_that_vanished_is_begun_once_more(environments: Environments, engine: LocalEngine) -> None:
    recipe = Recipe(PYTHON, ("tinypackage",))
    key = environments.realise(recipe).log_key
    runner = engine.folder(key).parent / "runner.json"
    until(lambda: runner.exists() and runner.read_text(), "the start")
    os.kill(json.loads(runner.read_text())["pid"], signal.SIGKILL)
    until(lambda: engine.look(key).phase != Phase.RUNNING and engine.look(key).phase != Phase.STARTING, "its end")
    assert built(environments, recipe).state == State.READY


def test_half_an_environment_is_never_taken_for_ready(environments: Environments, tmp_path: Path) -> None:
    recipe = Recipe(PYTHON, ("tinypackage",))
    half = tmp_path / "envs" / recipe.hash / "venv" / "bin"
    half.mkdir(parents=True)
    (half / "python").touch()
    assert environments.realise(recipe).state == State.BUILDING
    assert built(environments, recipe).state == State.READY


def test_a_folder_that_somebody_removed_is_built_anew(environments: Environments, tmp_path: Path) -> None:
    recipe = Recipe(PYTHON)
    ready = built(environments, recipe)
    (tmp_path / "envs" / recipe.hash / "ready.json").unlink()
    assert environments.realise(recipe).state == State.BUILDING
    assert built(environments, recipe) == ready


def test_asking_for_a_ready_environment_costs_next_to_nothing(environments: Environments) -> None:
    recipe = Recipe(PYTHON)
    built(environments, recipe)
    started = time.process_time()
    for _ in range(100):
        environments.realise(recipe)
    assert time.process_time() - started < 0.1, "more than a millisecond of CPU each: the cache is gone"
