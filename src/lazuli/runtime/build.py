"""Build one environment: ``python -I -S build.py SPEC``, run as a plan like any job.

SPEC is a JSON file that says what is wanted (see ``Environments._spec``); ``home`` is the folder of the environment.
It becomes one of three things: a virtual environment made by uv, an environment made by micromamba or conda, or a
container image made by podman or docker. What it became is told by ``ready.json`` in its home, put there by rename as
the very last act: one that is half built can never be taken for ready. What was installed is ``requirements.lock.txt``.
"""

from __future__ import annotations

import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

LOCK = "requirements.lock.txt"
TORCH = re.compile(r"(?:pytorch-)?(?:torch|lightning|transformers|accelerate|ultralytics|fastai|timm|diffusers)", re.I)
"""What brings PyTorch with it."""
CUDA = re.compile("^nvidia-", re.MULTILINE)
CATATONIT = ("/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit", "/usr/bin/catatonit")


class BuildFailed(Exception):
    """The message is for the user, who has already seen what the tools said."""


def main(spec_file: str) -> None:
    """Build what the file says; everything the tools tell goes to stdout. A build that fails leaves nothing."""
    with open(spec_file, encoding="utf-8") as file:
        spec = json.load(file)
    home = spec["home"]
    os.makedirs(home, exist_ok=True)
    os.chdir(home)  # so that uv's messages name 'venv' and not where it lies
    try:
        facts = build(spec)
    except BuildFailed:
        shutil.rmtree(home, ignore_errors=True)
        raise
    publish(home, facts)


def build(spec: dict) -> dict:
    """Make the environment in the current folder; what is to be told of it."""
    shutil.rmtree("venv", ignore_errors=True)
    lacking = missing(spec["needs"])
    lacks = f"This machine lacks {', '.join(lacking)}."
    if spec["container"] and (lacking or not spec["python"]):
        try:
            return container(spec["container"])
        except BuildFailed as failure:
            raise BuildFailed(f"{lacks} {failure}" if lacking else str(failure)) from failure
    if lacking:
        raise BuildFailed(f"{lacks} Install it, then submit again.")
    if spec["conda"]:
        return conda(spec["conda"])
    return virtual_environment(spec)


def publish(home: str, facts: dict) -> None:
    """Say that the environment is ready, for good."""
    with open("ready.json.part", "w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace("ready.json.part", os.path.join(home, "ready.json"))


# uv


def virtual_environment(spec: dict) -> dict:
    """A virtual environment with the Python that is asked for; where just its patch cannot be had, with another."""
    environment = os.environ | {"PATH": search_path(spec["server_python"]), "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}

    def uv(*arguments: str, output: int | None = None) -> bool:
        return not subprocess.run([spec["uv"], *arguments], env=environment, stdout=output, check=False).returncode

    print(f"Making a virtual environment with Python {spec['python']}.", flush=True)
    # Quiet, and so without uv's advice to activate what only jobs use; what goes wrong is told all the same.
    if not any(uv("venv", "--quiet", "--no-project", "--python", each, "venv") for each in pythons(spec["python"])):
        raise BuildFailed(
            f"Python {spec['python']} is neither on this machine nor could it be fetched; here are: "
            f"{', '.join(interpreters(spec['uv'], environment)) or 'none'}. "
            "Install it, or ask for another version in the environment."
        )
    options: list[str] = []
    if spec["requirements"]:
        with open("requirements.txt", "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in spec["requirements"])
        options = [*spec.get("sources", ()), *spec["options"]]  # a server that runs since before an upgrade names none
        options += torch_options(spec, environment, options)
        if not uv("pip", "install", "--python", "venv", "--requirement", "requirements.txt", *options):
            raise BuildFailed("The packages of the environment could not be installed; the lines above say why.")
    lock_packages(uv)
    if spec.get("sdk") and (brought := brought_of_azures(spec["sdk"]["instead_of"])):
        print(f"Other packages brought {', '.join(brought)}: Lazuli's own package azureml stands in.", flush=True)
        own = (
            spec["sdk"]["wheel"],
            "--reinstall-package",
            spec["sdk"]["wheel"].partition("==")[0],
            spec["sdk"]["links"],
        )
        done = uv("pip", "uninstall", "--quiet", "--python", "venv", *brought)
        if not (done and uv("pip", "install", "--quiet", "--python", "venv", *own, *options)):
            raise BuildFailed("Lazuli's own package azureml could not be installed; the lines above say why.")
        lock_packages(uv)
    with open("venv/pyvenv.cfg", encoding="utf-8") as file:
        version = re.search(r"^version_info = (\S+)", file.read(), re.MULTILINE)
    return {"python_version": version[1] if version else ""}


def lock_packages(uv: Callable[..., bool]) -> None:
    """Write down what is installed."""
    with open(LOCK, "w", encoding="utf-8") as lock:
        if not uv("pip", "freeze", "--quiet", "--python", "venv", output=lock.fileno()):
            raise BuildFailed("What was installed could not be listed; the lines above say why.")


def brought_of_azures(names: str) -> list[str]:
    """The packages of Azure's that are installed, though nobody listed them, and write where ours does."""
    with open(LOCK, encoding="utf-8") as lock:
        installed = (re.split("[=@ ]", line.strip(), maxsplit=1)[0] for line in lock)
        return [name for name in installed if re.fullmatch(names, name)]


def pythons(wanted: str) -> Iterator[str]:
    """What to ask for, one after the other: the version, and any of the same minor version where it names a patch."""
    yield wanted
    if patch := re.fullmatch(r"(\d+\.\d+)\.\d+", wanted):
        print(f"Python {wanted} cannot be had: any Python {patch[1]} stands in for it.", flush=True)
        yield patch[1]


def torch_options(spec: dict, environment: dict, options: list[str]) -> list[str]:
    """What makes uv take PyTorch without CUDA where there is no GPU; nothing where it would do so anyway, or cannot."""
    if has_gpu() or "UV_TORCH_BACKEND" in environment or not any(map(TORCH.match, spec["requirements"])):
        return []

    quick = environment | {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"}

    def resolved(*more: str) -> str:
        command = [spec["uv"], "pip", "compile", "--quiet", "--python", "venv/bin/python", *options, *more]
        done = subprocess.run([*command, "requirements.txt"], env=quick, capture_output=True, text=True, check=False)
        return "" if done.returncode else done.stdout

    if not CUDA.search(resolved()):
        return []
    found = resolved("--torch-backend", "cpu")
    if found and not CUDA.search(found):
        print("This machine has no GPU: PyTorch is taken as it is built for processors alone.", flush=True)
        return ["--torch-backend", "cpu"]
    print(
        "This machine has no GPU, but PyTorch's index of builds for processors alone (download.pytorch.org) is out of "
        "reach. The build for CUDA is taken: it works here, and takes some gigabytes. The settings 'package_links' and "
        "'package_index' can name a folder or an index that has the other.",
        flush=True,
    )
    return []


def has_gpu() -> bool:
    """Whether a GPU of NVIDIA's is on this machine."""
    return bool(glob.glob("/proc/driver/nvidia/gpus/*"))


def search_path(server_python: str) -> str:
    """Where interpreters are looked for: the server's own, then pyenv's, then the PATH without pyenv's shims.

    A shim answers for every version and fails for those that are not switched on.
    """
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    shims = os.path.join(pyenv, "shims")
    rest = [folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder != shims]
    return os.pathsep.join([server_python, *sorted(glob.glob(f"{glob.escape(pyenv)}/versions/*/bin")), *rest])


def interpreters(uv: str, environment: dict) -> list[str]:
    """The Python versions that are on this machine, oldest first."""
    command = [uv, "python", "list", "--only-installed", "--output-format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    try:
        found = {tuple(map(int, each["version"].split("."))) for each in json.loads(done.stdout)}
    except ValueError:  # nothing found, or a version that is still a candidate
        return []
    return [".".join(map(str, version)) for version in sorted(found)]


# conda


def conda(spec: dict) -> dict:
    """An environment by micromamba, mamba or conda, from the conda file as it stands."""
    with open("conda.yml", "w", encoding="utf-8") as file:
        file.write(spec["file"])
    program = spec["program"]
    create = ["create"] if os.path.basename(program) == "micromamba" else ["env", "create"]
    if subprocess.run([program, *create, "-y", "-p", "venv", "-f", "conda.yml"], check=False).returncode:
        raise BuildFailed("The environment could not be created from its conda file; the lines above say why.")
    with open(LOCK, "w", encoding="utf-8") as lock:
        if subprocess.run([program, "list", "-p", "venv", "--explicit"], stdout=lock, check=False).returncode:
            raise BuildFailed("What was installed could not be listed; the lines above say why.")
    return {"python_version": ".".join(conda_python())}


def conda_python() -> tuple[str, ...]:
    """The version of the environment's Python, as conda's own record tells it; nothing where it has none."""
    names = (os.path.basename(file) for file in glob.glob("venv/conda-meta/python-*.json"))
    found = (re.fullmatch(r"python-(\d+)\.(\d+)\.(\d+)-.*", name) for name in names)
    return next((match.groups() for match in found if match), ())


# Containers


def container(spec: dict) -> dict:
    """A container image, pulled or built, by the first program that really runs here."""
    reasons = []
    for program in spec["programs"]:
        flags, run_flags = container_flags(program)
        probe = subprocess.run([program, *flags, "info"], capture_output=True, text=True, check=False)
        if probe.returncode or "ERROR:" in probe.stderr:
            lines = probe.stderr.strip().splitlines() or ["it does not answer"]
            reasons.append(f"{os.path.basename(program)}: {lines[-1]}")
            continue
        image = image_of(program, flags, spec)
        return {"python_version": "", "container": {"command": [program, *flags], "run": run_flags, "image": image}}
    raise BuildFailed(f"It needs a container, and none can run here ({'; '.join(reasons)}).")


def image_of(program: str, flags: list[str], spec: dict) -> str:
    """The id of the image, once it is on this machine."""
    if spec["dockerfile"]:
        command = ["build", "--file", os.path.join(spec["context"], spec["dockerfile"]), "--iidfile", "image", "--"]
        if subprocess.run([program, *flags, *command, spec["context"]], check=False).returncode:
            raise BuildFailed("The image could not be built from its Dockerfile; the lines above say why.")
        with open("image", encoding="utf-8") as file:
            image = file.read().strip()
    else:
        image = spec["image"]
        inspect = [program, *flags, "image", "inspect", "--format", "{{.Id}}", "--", image]
        here = subprocess.run(inspect, capture_output=True, check=False).returncode == 0
        if not here and subprocess.run([program, *flags, "pull", "--", image], check=False).returncode:
            raise BuildFailed(f"The image '{image}' could not be pulled; the lines above say why.")
        image = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.strip()
    with open(LOCK, "w", encoding="utf-8") as lock:
        lock.write(f"{spec['image'] or 'Dockerfile'} @ {image}\n")
    return image


def container_flags(program: str) -> tuple[list[str], list[str]]:
    """What podman must be told on a machine without systemd, and where it may not raise its own limits."""
    if os.path.basename(program) != "podman":
        return [], ["--init"]
    flags = [] if os.path.isdir("/run/systemd/system") else ["--cgroup-manager=cgroupfs"]
    if flags and shutil.which("runc"):
        flags += ["--runtime", "runc"]
    with open("/proc/sys/kernel/pid_max", encoding="utf-8") as file:
        most = int(file.read())  # podman lowers its own limit to this
    files, processes = (resource.getrlimit(each)[1] for each in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    limits = {"nofile": files, "nproc": min(processes, most)}
    init = ["--init"] if any(map(os.path.exists, CATATONIT)) else []  # without it TERM must be heeded by the command
    return flags, [*init, *(f"--ulimit={name}={value}:{value}" for name, value in limits.items() if value > 0)]


# What the machine itself must have


def missing(needs: list[str]) -> list[str]:
    """Those of ``needs`` that this machine lacks, in words."""
    packages = [name[2:] for name in needs if name.startswith("R:")]
    lacking = [f"the program '{name}'" for name in needs if ":" not in name and not shutil.which(name)]
    lacking += [
        f"the system package '{name[4:]}'" for name in needs if name.startswith("deb:") and not has_deb(name[4:])
    ]
    return lacking + (
        [f"the R package '{name}'" for name in missing_in_r(packages)] if not lacking and packages else []
    )


def has_deb(name: str) -> bool:
    """Whether a Debian package is installed; never, where there is no Debian."""
    if not shutil.which("dpkg-query"):
        return False
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", "--", name]
    return subprocess.run(command, capture_output=True, check=False).stdout == b"installed"


def missing_in_r(packages: list[str]) -> list[str]:
    """The packages that R cannot find; it is asked once for all. The names come as arguments, never as code."""
    code = "a <- commandArgs(TRUE); cat(a[!nzchar(sapply(a, function(p) system.file(package = p)))], sep = '\\n')"
    done = subprocess.run(["Rscript", "--vanilla", "-e", code, *packages], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"R does not run here: {done.stderr.strip()}")
    version = subprocess.run(["Rscript", "--version"], capture_output=True, text=True, check=False)
    print((version.stdout or version.stderr).strip(), flush=True)
    return done.stdout.split()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BuildFailed as failure:
        sys.exit(str(failure))
