"""What users write about environments is understood, or refused with its place and its mend."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from lazuli.compute import curated, sdk
from lazuli.compute.conda import CondaSpec, parse
from lazuli.compute.recipes import Image, Recipe, recipe_of
from lazuli.schema.problems import InvalidInput, Problem, Unavailable, Unsupported

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


def conda(*items: object) -> CondaSpec:
    return parse({"dependencies": list(items)})


def test_a_whole_file() -> None:
    spec = parse("""
        name: model-env
        channels: [conda-forge, pytorch]
        dependencies:
          - python=3.10
          - conda-forge::numpy=1.21.2
          - pytorch=1.13
          - cudatoolkit=11.3
          - pip
          - pip:
              - azureml-mlflow>=1.40   # tracking
              - --extra-index-url https://packages.example.org/simple
              - inference-schema[numpy-support]==1.3.0
    """)
    assert spec.python == "3.10"
    assert spec.requirements == (
        "numpy==1.21.2.*",
        "torch==1.13.*",
        "pip",
        "azureml-mlflow>=1.40",
        "inference-schema[numpy-support]==1.3.0",
    )
    assert spec.options == (
        "--extra-index-url=https://packages.example.org/simple",
        "--index-strategy=unsafe-best-match",
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("pandas", "pandas"),
        ("pandas=1.1", "pandas==1.1.*"),
        ("pandas==1.1.5", "pandas==1.1.5"),
        ("pandas 1.1.5", "pandas==1.1.5"),
        ("pandas 1.1.*", "pandas==1.1.*"),
        ("pandas=1.1.5=py38_0", "pandas==1.1.5"),
        ("pandas 1.1.5 py38_0", "pandas==1.1.5"),
        ("pandas>=1.1,<2", "pandas>=1.1,<2"),
        ("pandas >=1.1, <2", "pandas>=1.1,<2"),
        ("pandas~=1.1", "pandas~=1.1"),
        ("pandas!=1.1", "pandas!=1.1"),
        ("pandas=*", "pandas"),
        ("Pandas", "pandas"),
        ("pytorch::pytorch=2.1", "torch==2.1.*"),
        ("py-xgboost", "xgboost"),
        ("matplotlib-base=3.5", "matplotlib==3.5.*"),
    ],
)
def test_a_pin_of_conda_as_pip_says_it(item: str, expected: str) -> None:
    requirement, *_ = conda(item).requirements
    assert Requirement(requirement) == Requirement(expected)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("python", ""),
        ("python=3.10", "3.10"),
        ("python=3.10.*", "3.10"),
        ("python 3.9", "3.9"),
        ("python==3.8.5", "3.8.5"),
        ("python=3.8.5=h12_0", "3.8.5"),
    ],
)
def test_the_python_that_is_asked_for(item: str, expected: str) -> None:
    assert conda(item) == CondaSpec(expected)


def test_a_range_of_pythons_stays_one() -> None:
    assert set(conda("python>=3.8,<3.11").python.split(",")) == {">=3.8", "<3.11"}


@pytest.mark.parametrize("item", ["cudatoolkit=11.3", "cudnn", "mkl", "pytorch-cuda=11.7", "libgcc-ng", "openssl=3"])
def test_what_wheels_carry_in_themselves_is_dropped(item: str) -> None:
    assert conda(item) == CondaSpec()


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("r-base=4.0", Unsupported),
        ("openjdk", Unsupported),
        ("numpy=1.20|1.21", Unsupported),
        ("numpy=abc", InvalidInput),
        ("numpy[version='>=1']", InvalidInput),
        ("two\nlines", InvalidInput),
        ("--index-url=x", InvalidInput),
        (7, InvalidInput),
        (None, InvalidInput),
        ({"conda": ["x"]}, InvalidInput),
        ({"pip": "numpy"}, InvalidInput),
    ],
)
def test_what_cannot_be_had_is_refused_at_its_place(item: object, kind: type[Problem]) -> None:
    with pytest.raises(kind) as caught:
        conda("pandas", item)
    assert caught.value.target == "conda_file.dependencies[1]"
    assert caught.value.mend


@pytest.mark.parametrize(
    "line",
    ["-r requirements.txt", "-e .", "./dist/x.whl", "a b c", "--proxy x", "--index-url", "--pre yes", "six\n--pre",
     "https://example.org/x.whl --pre"],
)  # fmt: skip
def test_pip_lines_that_are_refused(line: str) -> None:
    with pytest.raises(Problem) as caught:
        conda({"pip": ["six", line]})
    assert caught.value.target == "conda_file.dependencies[0].pip[1]"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Unsupported) as caught:
        conda("r-base", "six", "git")
    assert [caught.value.target, *(detail.target for detail in caught.value.details)] == [
        "conda_file.dependencies[0]",
        "conda_file.dependencies[2]",
    ]


@pytest.mark.parametrize("text", ["a: [", "just words", "- a list", "dependencies: numpy", "variables: [A]"])
def test_files_that_are_no_conda_files(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text)
    assert caught.value.target.startswith("conda_file")


names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).map(lambda name: f"package-{name}")
versions = st.lists(st.integers(0, 30), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(names, st.sampled_from(["=", "==", ">=", "<=", "<", ">", "!=", "~="]), versions)
def test_any_pin_becomes_a_valid_requirement_that_takes_the_version_it_names(name: str, operator: str, version: str):
    if operator == "~=" and "." not in version:
        version += ".0"
    (text,) = conda(f"{name}{operator}{version}").requirements
    requirement = Requirement(text)
    assert requirement.name == name
    assert requirement.specifier.contains(version) == (operator in ("=", "==", ">=", "<=", "~="))


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_nonsense_is_a_problem_and_never_a_crash(value: object) -> None:
    try:
        spec = parse(yaml.safe_dump({"dependencies": value}))
    except Problem:
        return
    for requirement in spec.requirements:
        assert "\n" not in requirement and not requirement.startswith("-")


def test_with_nothing_said_it_is_the_servers_own_python() -> None:
    assert recipe_of() == Recipe(OWN)


def test_the_hash_is_of_what_is_asked_for_alone() -> None:
    one = Recipe("3.10", ("b", "a"), base="image:1")
    assert one.hash == Recipe("3.10", ("a", "b", "a"), base="image:2").hash
    assert len({one.hash, Recipe("3.11", ("a", "b")).hash, Recipe("3.10", ("a",)).hash}) == 3
    assert Recipe("3.10", options=("--prerelease=allow",)).hash != Recipe("3.10").hash


@pytest.mark.parametrize(
    ("image", "python"),
    [
        ("python:3.11", "3.11"),
        ("python:3.10-slim", "3.10"),
        ("docker.io/library/python:3.9.7-bullseye", "3.9.7"),
        ("python", OWN),
        ("python:latest", OWN),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", OWN),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest", OWN),
        ("ubuntu:22.04", OWN),
    ],
)
def test_bare_images(image: str, python: str) -> None:
    assert recipe_of(image) == Recipe(python)


@pytest.mark.parametrize(
    ("name", "python", "package"),
    [
        ("AzureML-sklearn-1.5", "", "scikit-learn==1.5.*"),
        ("sklearn-1.5", "", "scikit-learn==1.5.*"),
        ("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", "3.8", "scikit-learn==1.0.*"),
        ("AzureML-Scikit-learn-0.20.3", "<3.8", "scikit-learn==0.20.3.*"),
        ("lightgbm-3.3", "<3.13", "lightgbm==3.3.*"),
        ("AzureML-ACPT-pytorch-1.13-py38-cuda11.7-gpu", "3.8", "torch==1.13.*"),
        ("acpt-pytorch-2.2-cuda12.1", "<3.13", "torch==2.2.*"),
        ("AzureML-tensorflow-2.12-cuda11", "<3.12", "tensorflow==2.12.*"),
        ("AzureML-minimal-ubuntu20.04-py38-cpu-inference", "3.8", "mlflow-skinny"),
        ("minimal-py312-inference", "3.12", "mlflow-skinny"),
        ("AzureML-AutoML", "", "lightgbm"),
        ("AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "<3.10", "scikit-learn==0.24.*"),
        ("AzureML-pytorch-1.9-ubuntu18.04-py37-cuda11-gpu", "<3.10", "torch==1.9.*"),
        ("AzureML-Chainer-5.1.0-CPU", "<3.9", "chainer==5.1.0.*"),
        ("AzureML-Dask-CPU", "", "dask[complete]"),
        ("AzureML-onnxruntime-1.6-ubuntu18.04-py37-cpu-inference", "<3.9", "onnxruntime==1.6.*"),
        ("AzureML-Tutorial", "", "scikit-learn"),
    ],
)
def test_curated_environments(name: str, python: str, package: str) -> None:
    base = curated.of_name(name)
    assert base is not None and base.python == python
    assert package in base.requirements and "mlflow-skinny" in base.requirements
    assert [str(Requirement(line)) for line in base.requirements] == list(base.requirements)
    wanted = Recipe(python or OWN, sdk.answered(base.requirements))
    assert recipe_of(curated.image_of(name)) == recipe_of(curated.image_of(name).replace(":latest", ":31")) == wanted
    assert sdk.wants(wanted.requirements)


SDK = f"{sdk.NAME}=={sdk.version_of(sdk.wheel())}"


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (("azureml-defaults",), (SDK,)),
        (("azureml-core~=1.42", "azureml-sdk[notebooks]>1", "azureml_train_automl_client==1.1"), (SDK,)),
        (("azureml-mlflow==1.49; python_version < '3.12'",), (f'{SDK}; python_version < "3.12"',
                                                             'mlflow-skinny; python_version < "3.12"')),
        (("azureml-mlflow", "mlflow==1.30"), (SDK, "mlflow==1.30")),
        (("azureml-dataset-runtime[fuse,pandas]",), (SDK, "pandas", "pyarrow<25")),
        (("azureml-dataprep[pandas]>=1.1", "pandas<2"), (SDK, "pandas", "pandas<2", "pyarrow<25")),
        (("azureml-inference-schema", "azureml-fsspec"),) * 2,
        (("azureml-contrib-notebook", "azureml-contrib-services", "azureml-monitoring"), (SDK,)),
        (("azureml-sdk[automl,notebooks,explain]", "azureml-train-automl[runtime]"), (SDK,)),
        (("https://example.org/a.whl", "numpy"), ("https://example.org/a.whl", "numpy")),
    ],
)  # fmt: skip
def test_packages_of_azures_sdk_are_answered_by_ours(listed: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert Recipe(OWN, sdk.answered(listed)) == Recipe(OWN, found)
    assert recipe_of("ubuntu", {"dependencies": [{"pip": list(listed)}]}) == Recipe(OWN, found)


@pytest.mark.parametrize(
    ("python", "packages", "made"),
    [
        ("3.6.2", "scikit-learn", ("3.8", {"scikit-learn", "pandas<2", "numpy<1.24"})),
        ("3.7", "pandas", ("3.8", {"pandas", "pandas<2", "numpy<1.24"})),
        ("3.7", "numpy=1.19, pandas=1.1", ("3.8", {"numpy==1.19.*", "pandas==1.1.*"})),
        ("3.8", "pandas", ("3.8", {"pandas"})),
    ],
)
def test_a_python_too_old_for_the_wheel_is_replaced(python: str, packages: str, made: tuple[str, set[str]]) -> None:
    found = recipe_of(conda=f"dependencies: [python={python}, {packages}, pip: [azureml-defaults]]")
    assert (found.python, set(found.requirements) - {SDK}) == made
    assert recipe_of(conda=f"dependencies: [python={python}]").python == python


def test_another_wheel_makes_another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe_of("python:3.11", "dependencies: [pip: [azureml-core]]")
    monkeypatch.setattr("lazuli.client.wheel.WHEELS", tmp_path)
    with pytest.raises(Unavailable, match="not in"):
        recipe_of("python:3.11", "dependencies: [pip: [azureml-core]]")
    (tmp_path / "lazuli_azureml-0.2.0+abc-py3-none-any.whl").touch()
    after = recipe_of("python:3.11", "dependencies: [pip: [azureml-core]]")
    assert after.requirements == ("lazuli-azureml==0.2.0+abc",) and after.hash != before.hash


def test_every_listed_name_is_known() -> None:
    assert all(curated.of_name(name) for name in curated.NAMES)


def test_old_releases_get_the_numpy_they_were_built_for() -> None:
    old, new = curated.of_name("acpt-pytorch-2.2"), curated.of_name("acpt-pytorch-2.3")
    assert old and "numpy<2" in old.requirements
    assert new and "numpy<2" not in new.requirements


@pytest.mark.parametrize(("old", "new"), [("sklearn-1.5", "sklearn-1.6"), ("lightgbm-3.3", "lightgbm-4.4")])
def test_older_images_keep_the_pandas_that_azure_gives_them(old: str, new: str) -> None:
    """Azure's have pandas 1.5.3 and numpy 1.22; published scripts call ``DataFrame.append`` and ``np.str``."""

    def bounds(name: str, python: str) -> set[str]:
        base = curated.of_name(name)
        asked = [Requirement(line) for line in base.requirements] if base else []
        bound = [one for one in asked if one.marker and one.marker.evaluate({"python_version": python})]
        return {f"{one.name}{one.specifier}" for one in bound if one.specifier}

    assert bounds(old, "3.11") == {"numpy<1.24", "pandas<2"}
    assert not bounds(old, "3.12"), "there are no wheels of it"
    assert not bounds(new, "3.11")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)


@pytest.fixture
def podman_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: "/usr/bin/podman" if program == "podman" else None)


@pytest.mark.parametrize("image", ["rocker/tidyverse:4.0.0-ubuntu18.04", "r-base:4.3.1", curated.image_of("r-minimal")])
def test_an_image_of_r_needs_the_r_of_the_machine(image: str) -> None:
    assert recipe_of(image).needs == ("Rscript",)


def test_an_unknown_image_is_refused_with_its_name_and_a_mend(nothing_installed: None) -> None:
    with pytest.raises(Unsupported, match=r"registry\.example\.org:5000/team/trainer:7") as caught:
        recipe_of("registry.example.org:5000/team/trainer:7")
    assert "conda_file" in caught.value.mend
    assert caught.value.target == "environment.image"


def test_an_unknown_image_is_a_container_where_one_may_run(podman_installed: None) -> None:
    recipe = recipe_of("registry.example.org:5000/team/trainer:7")
    assert recipe.image == Image("registry.example.org:5000/team/trainer:7")
    assert recipe.python == "", "nothing stands in for it"
    assert recipe_of("python:3.11").image is None, "what is known needs no container"


def test_what_only_conda_has_is_left_to_conda(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "dependencies: [python=3.11, openjdk=17, six]"
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(Unsupported, match="openjdk=17") as caught:
        recipe_of("ubuntu", text)
    assert "micromamba" in caught.value.mend
    monkeypatch.setattr("shutil.which", lambda program: f"/opt/{program}" if program == "micromamba" else None)
    assert recipe_of("ubuntu", text) == Recipe("", conda=text)
    assert recipe_of("ubuntu", "dependencies: [six]").requirements == ("six",), "PyPI is quicker where it has all"


@pytest.mark.parametrize(
    ("items", "is_held_back"),
    [
        (["scikit-learn=1.2.2", "numpy"], True),
        (["scikit-learn=1.2"], True),
        (["scikit-learn=1.5.0", "numpy"], False),
        (["scikit-learn=1.2.2", "numpy=1.24"], False),
        (["scikit-learn", "numpy"], False),
        ([{"pip": ["scikit-learn==1.2.2", "numpy"]}], False),
    ],
)
def test_packages_of_conda_get_the_numpy_that_they_were_built_for(items: list, is_held_back: bool) -> None:
    """Its solver knows; of pip's nobody would say it, on Azure neither."""
    assert ("numpy<2" in conda(*items).requirements) == is_held_back


def test_variables_of_a_conda_file_are_set() -> None:
    assert recipe_of(conda="variables: {A: b, N: 1}").variables == (("A", "b"), ("N", "1"))


class TestGallery:
    gallery = curated.Gallery()

    @pytest.mark.parametrize("name", ["AzureML-sklearn-1.5", "azureml-SKLEARN-1.5", "sklearn-1.5"])
    def test_a_listed_one_has_one_name(self, name: str) -> None:
        found = self.gallery.find(name, "31")
        assert found is not None
        assert found[0] == "AzureML-sklearn-1.5" and found[1]["image"].endswith("/curated/sklearn-1.5:31")

    @pytest.mark.parametrize("name", ["AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "AzureML-R", "lightgbm-4.1"])
    def test_others_of_a_family_are_understood(self, name: str) -> None:
        assert self.gallery.find(name, "1")

    @pytest.mark.parametrize("name", ["sklearn-env", "python", "r", "my-sklearn-1.5", "AzureML-cobol-1.0", "AzureML-"])
    def test_what_is_likelier_somebodys_own_is_not(self, name: str) -> None:
        assert self.gallery.find(name, "1") is None

    def test_an_unknown_family_is_told_the_nearest_and_all(self) -> None:
        problem = self.gallery.unknown("AzureML-skleam-1.5", "environment")
        assert "AzureML-sklearn-1.5" in problem.mend
        assert all(family in problem.mend for family in curated.FAMILIES)


def test_a_conda_file_on_any_image_stands_on_its_own() -> None:
    spec = {"dependencies": ["python=3.10", "six"]}
    assert recipe_of("registry.example.org/team/trainer", spec) == Recipe("3.10", ("six",))
    assert recipe_of("python:3.9", {"dependencies": ["six"]}) == Recipe("3.9", ("six",))
