"""``lazuli model package``: a model with all that answers for it, as an image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lazuli.cli.command import Command
from lazuli.cli.nouns import warn
from lazuli.cli.options import Connect, may_ask
from lazuli.cli.show import Form, show
from lazuli.cli.sources import local
from lazuli.resources.environment import Environment
from lazuli.resources.package import ModelPackage, ServerType
from lazuli.schema.document import Document
from lazuli.schema.problems import InvalidInput, NotFound, Unsupported
from lazuli.schema.reference import Reference, parse_reference
from lazuli.schema.yaml import load

if TYPE_CHECKING:
    from lazuli.endpoints.packages.contents import Contents, Script

__all__ = ["package"]

Said = TypeVar("Said", bound=Document)

_CONTEXT, _OCI = "context", "oci"


@click.command("package", cls=Command, help="Write a model, its server and its environment as a container image.")
@click.argument("source", required=False, default="", metavar="[FOLDER|FILE|NAME:VERSION]")
@click.option("-n", "--name", help="The registered model, in place of NAME:VERSION.")
@click.option("-v", "--version", help="Its version; the newest where left out.")
@click.option("-f", "--file", type=click.Path(dir_okay=False), help="A YAML file that says how, as Azure ML's do.")
@click.option(
    "--format",
    "form",
    type=click.Choice([_CONTEXT, _OCI]),
    default=_CONTEXT,
    show_default=True,
    help="A folder with a Dockerfile, or an image that podman, docker and registries take.",
)
@click.option("-p", "--path", help="What to write: a folder, or for oci a file that ends in .tar.")
@click.option("--image", help="What the image is called.  [default: localhost/NAME:VERSION]")
@click.option("--base", type=click.Path(exists=True), help="oci: the image below it, as an OCI layout or archive.")
@click.option("--kubernetes", is_flag=True, help="Write manifests for Kubernetes beside it, with new keys.")
@may_ask("yaml")
def package(
    connect: Connect,
    output: Form,
    source: str,
    name: str | None,
    version: str | None,
    file: str | None,
    form: str,
    path: str | None,
    image: str | None,
    base: str | None,
    kubernetes: bool,
) -> None:
    """Write it; no server is asked where the model and its environment are files."""
    from lazuli.compute.images.layers import Base, base_in
    from lazuli.endpoints.packages.forms import write_context, write_image
    from lazuli.endpoints.packages.kubernetes import manifests
    from lazuli.store.secrets import write_private

    source = _source(source, name, version)
    said = _read(file)
    with local(connect, source) as place, TemporaryDirectory() as scratch:
        contents = _contents(connect, said, place, source, Path(file).parent if file else Path())
        name = re.sub(r"[^a-z0-9._-]+", "-", (said.target_environment or contents.name).lower()).strip("-._")
        image = image or f"localhost/{name}:{contents.version}"
        target = Path(path or (f"{name}.tar" if form == _OCI else f"{name}-package"))
        if form == _OCI:
            below = base_in(Path(base), Path(scratch)) if base else Base()
            write_image(contents, image, target, below if base else None)
        else:
            write_context(contents, target)
    told = {"image": image, "format": form, "path": str(target)}
    if kubernetes:
        beside = target / "kubernetes.yml" if form == _CONTEXT else target.with_name(f"{name}-kubernetes.yml")
        write_private(beside, manifests(contents, image))
        told["kubernetes"] = str(beside)
    show(told, output)


def _source(source: str, name: str | None, version: str | None) -> str:
    if bool(source) == bool(name):
        raise InvalidInput(
            "Name one model.", target="model", mend="Give a file, a folder or NAME:VERSION, or --name with --version."
        )
    return source or (f"azureml:{name}:{version}" if version else f"azureml:{name}@latest")


def _read(file: str | None) -> ModelPackage:
    """What a file says. Raises :class:`Unsupported` for what no package has."""
    said = _told(ModelPackage, file) if file else ModelPackage()
    if said.inferencing_server.type is not ServerType.AZUREML_ONLINE:
        raise Unsupported(
            f"A package with a server of the type '{said.inferencing_server.type.value}' is not made.",
            target="inferencing_server.type",
            mend="Use 'azureml_online'; a server of your own is deployed from its own image.",
        )
    if said.inputs:
        raise Unsupported("Further models cannot be taken along.", target="inputs", mend="Put them into one folder.")
    return said


def _told(kind: type[Said], file: str) -> Said:
    """The document of a file; what is not known in it is warned of."""
    source = load(file)
    document = kind.from_yaml(source)
    warn(source.warnings)
    return document


def _contents(connect: Connect, said: ModelPackage, place: Path, source: str, beside: Path) -> Contents:
    """What the package holds. Raises :class:`InvalidInput` where nothing says how the model is asked."""
    from lazuli.endpoints.packages.contents import Script, onnx_contents, script_contents
    from lazuli.endpoints.packages.environs import built_environ, version_of
    from lazuli.store import settings

    named = parse_reference(source if source.startswith("azureml:") else f"azureml:{source}")
    if not place.exists():
        raise NotFound(f"There is no '{source}'.", target="model", mend="Name a file, a folder or NAME:VERSION.")
    if named is None or Path(source).exists():
        name, version = place.stem if place.is_file() else place.resolve().name, version_of(place)
    else:
        name, (place, version) = named.name, _as_registered(connect, named, place)
    mount = (said.model_configuration.mount_path if said.model_configuration else None) or ""
    configured = said.inferencing_server.code_configuration
    described = [file.parent for file in sorted(place.rglob("MLmodel"))] if place.is_dir() else []
    files = [place] if place.is_file() else sorted(place.rglob("*.onnx"))
    if configured is None and len(described) != 1:
        if len(files) != 1 or files[0].suffix != ".onnx":
            raise InvalidInput(
                "Nothing says how the model is asked.",
                target="inferencing_server.code_configuration",
                mend="Name a scoring script in a --file. Models that need none are one ONNX file, and those of MLflow.",
            )
        return _with(onnx_contents(name, version, files[0], mount), said.environment_variables)
    script, model = Script(), described[0] if described else place
    if configured is not None:
        script, model = _script(configured, beside), place
    environment = _environment(connect, said, model, beside)
    environ = built_environ(environment, settings.load())
    return _with(script_contents(name, version, model, environ, script, mount), said.environment_variables)


def _as_registered(connect: Connect, named: Reference, place: Path) -> tuple[Path, str]:
    """A fetched model under the last name of its path, as deployments have it, and its version."""
    with connect() as client:
        found = client.models.get(named.name, named.version, label=named.label)
    last = PurePosixPath(str(found["path"])).name
    if (place / last).is_file():
        return place / last, str(found["version"])
    return place.rename(place.with_name(last)), str(found["version"])


def _with(contents: Contents, variables: Mapping[str, str]) -> Contents:
    return replace(contents, variables={**contents.variables, **variables})


def _script(configured: Any, beside: Path) -> Script:
    from lazuli.endpoints.packages.contents import Script

    return Script.at(beside / (configured.code or "."), configured.scoring_script or "score.py")


def _environment(connect: Connect, said: ModelPackage, model: Path, beside: Path) -> Environment:
    """The environment that was named, or that a model of MLflow brings along."""
    if (asked := said.base_environment_source) is not None:
        named = parse_reference(asked.resource_id)
        if named is None or asked.resource_id.endswith((".yml", ".yaml")):
            return _told(Environment, str(beside / asked.resource_id))
        with connect() as client:
            return Environment.load(client.environments.get(named.name, named.version, label=named.label))
    conda = model / "conda.yaml"
    if not conda.is_file():
        raise InvalidInput(
            "Nothing says what the script needs.",
            target="base_environment_source",
            mend="Name an environment: {type: environment_asset, resource_id: azureml:NAME:VERSION}, or its YAML file.",
        )
    return Environment.load({"image": "ubuntu", "conda_file": conda.read_text(encoding="utf-8")})
