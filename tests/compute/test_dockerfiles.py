"""A simple Dockerfile is had on the machine itself; what is more than that is told, line by line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazuli.compute.dockerfile import Contents, read
from lazuli.compute.recipes import Context, Recipe, recipe_of
from lazuli.schema.problems import InvalidInput, Problem, Unsupported


def reading(text: str, **files: str) -> Contents:
    named = {name.replace("__", "."): content for name, content in files.items()}
    return read(text, named.get)


def context(folder: Path, text: str, **files: str) -> Context:
    for name, content in {"Dockerfile": text, **files}.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return Context("Dockerfile", {file.name: file for file in folder.iterdir()})


def test_the_r_image_of_the_preview(tmp_path: Path) -> None:
    text = "FROM rocker/tidyverse:4.0.0-ubuntu18.04\n\n# packages\nRUN R -e \"install.packages('optparse')\"\n"
    found = reading(text)
    assert (found.image, found.needs, found.beyond) == (
        "rocker/tidyverse:4.0.0-ubuntu18.04",
        ["Rscript", "R:optparse"],
        [],
    )
    recipe = recipe_of(context=context(tmp_path, text))
    assert recipe.needs == ("R:optparse", "Rscript") and recipe.python and not recipe.requirements


@pytest.mark.parametrize(
    ("line", "beyond"),
    [
        ("RUN ln -f /usr/bin/python3 /usr/bin/python", []),
        ("RUN ln -sf /usr/local/bin/pip3.8 /usr/bin/pip", []),
        ("RUN ln -s /opt/tool /usr/bin/python", ["RUN ln -s /opt/tool /usr/bin/python"]),
    ],
)
def test_a_link_from_one_name_of_python_to_another_changes_nothing(line: str, beyond: list[str]) -> None:
    assert reading(f"FROM rocker/r-ver:4\n{line}").beyond == beyond


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("""R -e 'install.packages(c("jsonlite", "glue"), repos = "https://cloud.r-project.org")'""", "jsonlite glue"),
        ("""Rscript -e "install.packages('a.b'); install.packages('c2')" """, "a.b c2"),
        ("install2.r --error --skipinstalled forecast", "forecast"),
    ],
)
def test_packages_of_r(line: str, needs: str) -> None:
    found = reading(f"FROM r-base\nRUN {line}")
    assert found.needs == ["Rscript", *(f"R:{name}" for name in needs.split())]
    assert not found.beyond


def test_packages_of_python() -> None:
    found = reading(
        """
        FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest
        ENV AZUREML_CONDA_ENVIRONMENT_PATH /azureml-envs/x
        RUN conda create -p $AZUREML_CONDA_ENVIRONMENT_PATH python=3.8 pip=20.2.4
        ENV PATH $AZUREML_CONDA_ENVIRONMENT_PATH/bin:$PATH
        ENV OMP_NUM_THREADS=1 GREETING="hello you"
        COPY requirements.txt .
        RUN pip install --upgrade pip && \\
            # a comment in between
            pip install --no-cache-dir 'azureml-core~=1.42' \\
                                       scikit-learn==0.24.2 && \\
            pip3 install -r requirements.txt && rm -rf /var/lib/apt/lists/*
        WORKDIR /app
        CMD ["python"]
        """,
        requirements__txt="six==1.16 # pinned\n\nscipy\n",
    )
    assert found.requirements == ["pip==20.2.4.*", "azureml-core~=1.42", "scikit-learn==0.24.2", "six==1.16", "scipy"]
    assert found.variables == {"OMP_NUM_THREADS": "1", "GREETING": "hello you"}
    assert (found.python, found.beyond) == ("3.8", [])


def test_a_conda_file_that_was_copied() -> None:
    found = reading(
        "FROM continuumio/miniconda3\nCOPY conda.yml /tmp/conda.yml\nRUN conda env update -n base -f /tmp/conda.yml\n"
        "RUN conda install -y -c conda-forge pandas=2.0",
        conda__yml="dependencies: [python=3.10, numpy=1.26]",
    )
    assert (found.python, found.requirements, found.beyond) == ("3.10", ["numpy==1.26.*", "pandas==2.0.*"], [])


def test_packages_of_the_system() -> None:
    found = reading(
        "FROM debian\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "
        "libgomp1 git=1:2.39 python3-pip && apt-get clean"
    )
    assert (found.needs, found.beyond) == (["deb:libgomp1", "deb:git"], [])


@pytest.mark.parametrize(
    "line",
    [
        "COPY . /app",
        "COPY missing.txt .",
        "COPY --from=build /a /b",
        "FROM debian",
        "RUN pip install $WHO",
        "RUN make install",
        "RUN curl -sSL https://example.org/install.sh | sh",
        "RUN pip install $(cat list)",
        "RUN pip install ./package",
        "RUN pip install 'unclosed",
        'RUN ["pip", "install", "six"]',
        "RUN R -e \"install.packages('a'); system('reboot')\"",
        "RUN R -e \"install.packages('a/b')\"",
        "RUN conda install -y openjdk",
        "ENV HOME_OF=$OTHER",
        "VOLUME /data",
    ],
)
def test_what_only_a_container_can_do_is_named(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"FROM ubuntu:22.04\nRUN pip install six\n{line}\n"
    assert reading(text).beyond == [line]
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(Unsupported) as caught:
        recipe_of(context=context(tmp_path, text))
    assert line in caught.value.message and "podman" in caught.value.message


def test_with_a_container_program_the_rest_is_its_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}" if program == "podman" else None)
    made = context(tmp_path, "FROM busybox\nCOPY . /app\n", app__sh="true")
    recipe = recipe_of(context=made)
    assert recipe.image is not None and recipe.image.dockerfile == "Dockerfile"
    assert dict(recipe.image.files) == {name: str(file) for name, file in made.files.items()}


def test_a_file_that_was_copied_for_nothing_is_beyond_us() -> None:
    assert reading("FROM debian\nCOPY notes.txt /app/", notes__txt="x").beyond == ["COPY notes.txt /app/"]


def test_simple_python_becomes_a_plain_recipe(tmp_path: Path) -> None:
    made = context(tmp_path, "FROM python:3.11-slim\nRUN pip install six==1.16\nENV A=b\n")
    assert recipe_of(context=made) == Recipe("3.11", ("six==1.16",), variables=(("A", "b"),))


@pytest.mark.parametrize("text", ["", "# nothing", "RUN pip install six"])
def test_a_dockerfile_without_an_image_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="FROM"):
        reading(text)


def test_a_dockerfile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"Other\.Dockerfile"):
        recipe_of(context=Context("Other.Dockerfile", {}))


@given(st.text(alphabet="FROMENVRUNCOPYpipinstall \"'$\\\n&|;=-r.", max_size=200))
def test_nonsense_is_a_problem_or_beyond_us_and_never_a_crash(text: str) -> None:
    with suppress(Problem):
        reading(f"FROM debian\n{text}", r="six")
