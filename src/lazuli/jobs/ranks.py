"""The processes of a job: how many there are, on which node each runs, and how they find each other.

Nodes are slots of one machine, so everything is on loopback. As on a machine of its own, the processes of a node have
a copy of the code to themselves; ``outputs`` and ``logs`` are one folder for all nodes, since in the end they are one.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lazuli.compute.engine import Plan, Process, Stage, StageKind
from lazuli.resources.distribution import MOST_PROCESSES, Distribution, DistributionType
from lazuli.resources.job import CommandJob
from lazuli.schema.problems import InvalidInput, Unsupported

__all__ = [
    "ARTIFACT_FOLDERS",
    "CODE",
    "LOGS",
    "check_ranks",
    "code_folders",
    "main_log",
    "node_folders",
    "nodes_wanted",
    "rank_logs",
    "spread",
]

CODE = "code"
"""The folder of the work folder that the command runs in, on the first node."""
LOGS = "user_logs"
ARTIFACT_FOLDERS = ((f"{CODE}/outputs", "outputs"), (f"{CODE}/logs", "logs"), (LOGS, LOGS))
"""From the work folder to the files of the run."""

_T = DistributionType
_LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo", "TP_SOCKET_IFNAME": "lo"}
"""Frameworks would look for a network card, and listen on it for everybody."""
_OPEN_MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl_tcp_if_include": "lo",
    "OMPI_MCA_oob_tcp_if_include": "lo",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",  # containers forbid the other one
}
_MPI = """\
command -v mpirun >/dev/null || {{
  echo "mpirun is missing in the job's environment. Install Open MPI there, on Debian: apt-get install openmpi-bin."
  exit 127
}}
exec mpirun --oversubscribe --bind-to none -np {total} bash -c {each} {command}"""
_MPI_RANK = """\
rank=$OMPI_COMM_WORLD_RANK node=$((OMPI_COMM_WORLD_RANK / {per_node}))
export AZUREML_CR_NODE_RANK=$node AZ_BATCHAI_TASK_INDEX=$node NODE_RANK=$node
export OMPI_COMM_WORLD_LOCAL_RANK=$((rank % {per_node})) OMPI_COMM_WORLD_LOCAL_SIZE={per_node}
test $node = 0 || cd "$LAZULI_WORK_FOLDER/nodes/$node/code" || exit
bash -c "$0" >>"$LAZULI_WORK_FOLDER/$(printf {log} $rank)" 2>&1
code=$?
test $code = 0 || echo "Rank $rank ended with exit code $code." >&2
exit $code"""
"""One rank: mpirun counts on the machine what Azure counts on a node."""


def nodes_wanted(job: CommandJob) -> int:
    """How many nodes a job takes."""
    return job.resources.instance_count if job.resources else 1


def check_ranks(job: CommandJob) -> None:
    """Refuse what cannot be run. Raises :class:`InvalidInput` or :class:`Unsupported`."""
    distribution, nodes = job.distribution, nodes_wanted(job)
    if distribution and distribution.type is _T.RAY:
        raise Unsupported(
            "This version starts no Ray cluster.",
            target="distribution.type",
            mend="Remove 'distribution': all nodes are on one machine, where 'ray.init()' in your program starts Ray.",
        )
    total = _total(distribution, nodes)
    if total > MOST_PROCESSES:
        raise InvalidInput(
            f"The job asks for {total} processes; {MOST_PROCESSES} are the most.",
            target="distribution",
            mend="Ask for fewer processes or fewer nodes.",
        )
    if total < nodes:
        raise InvalidInput(
            f"The job takes {nodes} nodes for {total} processes, which leaves some without any.",
            target="distribution.worker_count",
            mend="Leave 'worker_count' out for one a node, or lower 'resources.instance_count'.",
        )


def check_programs(job: CommandJob, path: Sequence[str]) -> None:
    """Refuse a job whose launcher is not on this machine; ``path`` are the folders of its environment."""
    if job.distribution and job.distribution.type is _T.MPI:
        folders = os.pathsep.join([*path, os.environ.get("PATH", os.defpath)])
        if not shutil.which("mpirun", path=folders):
            raise Unsupported(
                "A job with 'distribution: mpi' is started by 'mpirun', which is not on this machine.",
                target="distribution.type",
                mend="Install Open MPI where the server runs, on Debian: 'apt-get install openmpi-bin'.",
                code="ProgramMissing",
            )


def main_log(job: CommandJob) -> str:
    """The log that stands for the job: that of its one command, else of its first process."""
    return rank_logs(job)[0]


def rank_logs(job: CommandJob) -> list[str]:
    """The logs of its processes, by rank. A distributed job has Azure's names for them: clients look for those."""
    nodes = nodes_wanted(job)
    if job.distribution is None and nodes == 1:
        return [f"{LOGS}/std_log.txt"]
    servers = _servers(job.distribution)
    return [*_numbered(_total(job.distribution, nodes) - servers), *_numbered(servers, "_ps")]


def node_folders(job: CommandJob) -> list[Stage]:
    """What every node but the first has to itself beside the code, and shares."""
    stage: list[Stage] = []
    for folder in code_folders(job)[1:]:
        stage += [Stage(StageKind.ALIAS, f"{folder}/{shared}", f"{CODE}/{shared}") for shared in ("outputs", "logs")]
    return [*stage, *(Stage(StageKind.FOLDER, _temporary(node)) for node in range(nodes_wanted(job)))]


def code_folders(job: CommandJob) -> list[str]:
    """Where each node has its copy of the code."""
    return [_code(node) for node in range(nodes_wanted(job))]


def spread(plan: Plan, job: CommandJob, folder: Path) -> Plan:
    """The plan of one command in the work folder ``folder``, turned into that of all processes of the job."""
    if job.distribution is None and nodes_wanted(job) == 1:
        alone = {name: value for name, value in _node(0, 1, folder).items() if "<port" not in value}
        return replace(plan, env={**alone, **plan.env})
    processes = tuple(_processes(plan, job, folder))
    return replace(plan, log=main_log(job), processes=processes)


def _processes(plan: Plan, job: CommandJob, folder: Path) -> Iterator[Process]:
    nodes, logs = nodes_wanted(job), rank_logs(job)
    distribution = job.distribution
    if distribution is None:
        for node in range(nodes):
            yield Process(f"node {node}", logs[node], env=_node(node, nodes, folder), cwd=_code(node))
    elif distribution.type is _T.PYTORCH:
        for rank, log in enumerate(logs):
            node, local = divmod(rank, distribution.per_node)
            env = {**_node(node, nodes, folder), **_pytorch(rank, len(logs), local, distribution.per_node)}
            yield Process(f"rank {rank}", log, env=_without(env, job.environment_variables), cwd=_code(node))
    elif distribution.type is _T.TENSORFLOW:
        yield from _tensorflow(distribution, nodes, logs, folder)
    else:
        command = ("bash", "-c", _mpi_script(plan.command[-1], distribution.per_node, nodes, logs))
        yield Process("mpirun", logs[0], command, {**_node(0, nodes, folder), **_OPEN_MPI})


def _without(env: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """The variables but for those about which the job has a say, and has said something."""
    own = ("MASTER_ADDR", "MASTER_PORT", *_LOOPBACK)
    return {name: value for name, value in env.items() if not (name in own and name in said)}


def _node(node: int, nodes: int, folder: Path) -> dict[str, str]:
    """What a process knows of its node. Every node has a loopback address of its own."""
    addresses = [f"127.0.{number // 250}.{number % 250 + 1}" for number in range(nodes)]
    return {
        "AZUREML_CR_NODE_RANK": str(node),
        "NODE_RANK": str(node),
        "AZ_BATCHAI_TASK_INDEX": str(node),
        "AZ_BATCH_NODE_LIST": ";".join(addresses),
        "AZ_BATCH_HOST_LIST": ",".join(addresses),
        "AZ_BATCH_MASTER_NODE": f"{addresses[0]}:<port master>",
        "AZ_BATCHAI_JOB_MASTER_NODE_IP": addresses[0],
        "AZ_BATCHAI_MPI_MASTER_NODE": addresses[0],
        "AZ_BATCHAI_JOB_TEMP": str(folder / _temporary(node)),
    }


def _pytorch(rank: int, total: int, local: int, per_node: int) -> dict[str, str]:
    return {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "<port master>",
        "AZ_BATCHAI_PYTORCH_INIT_METHOD": "tcp://127.0.0.1:<port master>",
        "WORLD_SIZE": str(total),
        "RANK": str(rank),
        "LOCAL_RANK": str(local),
        "LOCAL_WORLD_SIZE": str(per_node),
        **_LOOPBACK,
    }


def _tensorflow(distribution: Distribution, nodes: int, logs: list[str], folder: Path) -> Iterator[Process]:
    """Workers, and parameter servers, which serve until the workers are done. Both are dealt out to the nodes."""
    servers = _servers(distribution)
    tasks = [("worker", index) for index in range(len(logs) - servers)] + [("ps", index) for index in range(servers)]
    cluster: dict[str, list[str]] = {}
    for kind, index in tasks:
        cluster.setdefault(kind, []).append(f"127.0.0.1:<port {kind} {index}>")
    for (kind, index), log in zip(tasks, logs, strict=True):
        node = index % nodes
        config = {"cluster": cluster, "task": {"type": kind, "index": index}, "environment": "cloud"}
        env = {**_node(node, nodes, folder), "TF_CONFIG": json.dumps(config)}
        name = f"{'parameter server' if kind == 'ps' else kind} {index}"
        yield Process(name, log, env=env, cwd=_code(node), waited_for=kind != "ps")


def _mpi_script(command: str, per_node: int, nodes: int, logs: list[str]) -> str:
    width = len(str(len(logs) - 1))
    each = _MPI_RANK.format(per_node=per_node, log=f"{LOGS}/std_log_process_%0{width}d.txt")
    return _MPI.format(total=per_node * nodes, each=shlex.quote(each), command=shlex.quote(command))


def _total(distribution: Distribution | None, nodes: int) -> int:
    if distribution is None:
        return nodes
    if distribution.type is _T.TENSORFLOW:
        return (distribution.worker_count or nodes) + _servers(distribution)
    return distribution.per_node * nodes


def _servers(distribution: Distribution | None) -> int:
    return (distribution.parameter_server_count or 0) if distribution else 0


def _numbered(count: int, ending: str = "") -> list[str]:
    width = len(str(count - 1))
    return [f"{LOGS}/std_log_process_{number:0{width}d}{ending}.txt" for number in range(count)]


def _code(node: int) -> str:
    return f"nodes/{node}/{CODE}" if node else CODE


def _temporary(node: int) -> str:
    return f"temp/{node}"
