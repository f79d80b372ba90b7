"""Several processes for one job, and several nodes: what each is told, and that they find each other."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.jobs.place import Place

from lazuli.compute.contract import until
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import InvalidInput, Unsupported

MEET = """
import json, os, socket, sys

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
assert os.environ["AZ_BATCHAI_PYTORCH_INIT_METHOD"] == "tcp://%s:%d" % place
if rank == 0:
    with socket.create_server(place) as server:
        others = [server.accept()[0] for _ in range(size - 1)]
        total = sum(int(other.makefile().readline()) for other in others)
        for other in others:
            other.sendall(b"%d\\n" % total)
else:
    while True:
        try:
            me = socket.create_connection(place)
            break
        except (ConnectionRefusedError, ConnectionResetError):
            pass
    me.sendall(b"%d\\n" % rank)
    total = int(me.makefile().readline())
words = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MLFLOW_RUN_ID", "AZUREML_CR_NODE_RANK")
print(json.dumps({"total": total, "cwd": os.getcwd(), **{word: os.environ[word] for word in words}}))
"""
"""An all-reduce over ranks: all get the sum of all."""


def log(place: Place, job: str, name: str) -> str:
    return place.platform.logs.read(place.get(job), f"user_logs/{name}").decode()


def said(place: Place, job: str, ranks: int) -> list[Any]:
    width = len(str(ranks - 1))
    return [json.loads(log(place, job, f"std_log_process_{rank:0{width}d}.txt")) for rank in range(ranks)]


def pytorch(count: int) -> dict[str, Any]:
    return {"type": "pytorch", "process_count_per_instance": count}


def cluster(place: Place, name: str, nodes: int, **more: Any) -> str:
    place.put("compute", name, max_instances=nodes, **more)
    return f"azureml:{name}"


def nodes_of(place: Place, name: str) -> Any:
    targets: Any = place.platform.shelves["compute"]
    return targets.list_nodes(ResourceId(place.scope, "computes", name))


def test_ranks_find_each_other_and_are_one_run(place: Place) -> None:
    code = place.code("meet", **{"meet.py": MEET})
    place.run("ring", "python meet.py", code=code, distribution=pytorch(3))
    told = said(place, "ring", 3)
    assert [rank["RANK"] for rank in told] == [rank["LOCAL_RANK"] for rank in told] == ["0", "1", "2"]
    assert {rank["total"] for rank in told} == {3}
    assert {(rank["WORLD_SIZE"], rank["MLFLOW_RUN_ID"], rank["NODE_RANK"]) for rank in told} == {("3", "ring", "0")}
    names = place.platform.logs.names(place.get("ring"))
    assert names == [f"user_logs/std_log_process_{rank}.txt" for rank in range(3)]
    assert place.tracked("ring").status == "FINISHED"


def test_ranks_of_several_nodes_have_their_own_code_and_one_outputs(place: Place) -> None:
    code = place.code("apart", **{"meet.py": MEET})
    command = "echo $RANK > mine.$LOCAL_RANK; echo x > outputs/of-$RANK; python meet.py; cat mine.$LOCAL_RANK >&2"
    compute = cluster(place, "twins", 2)
    resources = {"instance_count": 2}
    place.run("apart", command, code=code, compute=compute, resources=resources, distribution=pytorch(2))
    logs = [log(place, "apart", f"std_log_process_{rank}.txt").splitlines() for rank in range(4)]
    told = [json.loads(lines[0]) for lines in logs]
    assert [lines[1] for lines in logs] == ["0", "1", "2", "3"]
    assert [rank["NODE_RANK"] for rank in told] == [rank["AZUREML_CR_NODE_RANK"] for rank in told] == list("0011")
    assert [rank["LOCAL_RANK"] for rank in told] == list("0101")
    assert {(rank["WORLD_SIZE"], rank["LOCAL_WORLD_SIZE"], rank["total"]) for rank in told} == {("4", "2", 6)}
    assert len({rank["cwd"] for rank in told}) == 2
    outputs = {name for name in place.artifacts("apart") if name.startswith("outputs/")}
    assert outputs == {f"outputs/of-{rank}" for rank in range(4)}


def test_without_a_distribution_the_command_runs_on_every_node(place: Place) -> None:
    compute = cluster(place, "trio", 3)
    command = 'echo "$AZUREML_CR_NODE_RANK $AZ_BATCHAI_TASK_INDEX $AZ_BATCH_HOST_LIST"; test -d "$AZ_BATCHAI_JOB_TEMP"'
    place.run("each", command, compute=compute, resources={"instance_count": 3})
    hosts = "127.0.0.1,127.0.0.2,127.0.0.3"
    assert [log(place, "each", f"std_log_process_{n}.txt") for n in range(3)] == [
        f"{n} {n} {hosts}\n" for n in range(3)
    ]
    record = place.get("each")
    assert record.state["nodes"] == 3
    assert record.state["node_seconds"] >= 3 * 0.001


def test_the_failure_of_one_rank_ends_the_job_and_names_it(place: Place) -> None:
    place.submit("broken", 'test "$RANK" != 1 || exit 3; sleep 60', distribution=pytorch(3))
    record = place.until("broken", "Failed")
    assert record.state["error"]["message"].startswith("Rank 1 ended with exit code 3.")
    assert "user_logs/std_log_process_1.txt" in record.state["error"]["message"]
    assert "Rank 1 ended with exit code 3." in log(place, "broken", "std_log_process_0.txt")


def test_cancel_ends_every_rank(place: Place) -> None:
    place.submit("stopped", "touch ../up.$RANK; sleep 60", distribution=pytorch(3))
    place.until("stopped", "Running")
    folder = place.platform.engine.folder(place.get("stopped").state["key"])
    until(lambda: len(list(folder.glob("up.*"))) == 3, "three ranks")
    place.cancel("stopped")
    place.until("stopped", "Canceled")
    assert not processes_in(folder)


def processes_in(folder: Path) -> list[str]:
    """The processes whose variables name the folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if str(folder).encode() in process.read_bytes():
                found.append(process.parent.name)
    return found


def test_a_limit_of_time_is_that_of_all_ranks(place: Place) -> None:
    place.submit("slow-ranks", "sleep 60", distribution=pytorch(2), limits={"timeout": 1})
    assert place.until("slow-ranks", "Canceled").state["error"]["code"] == "JobTimeout"


def test_workers_of_tensorflow_are_told_of_each_other(place: Place) -> None:
    distribution = {"type": "tensorflow", "worker_count": 2, "parameter_server_count": 1}
    command = 'echo "$TF_CONFIG"; case "$TF_CONFIG" in *\'"type": "ps"\'*) exec sleep 60;; esac'
    place.run("flow", command, distribution=distribution)
    names = ["std_log_process_0.txt", "std_log_process_1.txt", "std_log_process_0_ps.txt"]
    configs = [json.loads(log(place, "flow", name)) for name in names]
    assert [config["task"] for config in configs] == [
        {"type": "worker", "index": 0},
        {"type": "worker", "index": 1},
        {"type": "ps", "index": 0},
    ]
    assert {config["environment"] for config in configs} == {"cloud"}
    (cluster,) = {json.dumps(config["cluster"]) for config in configs}
    hosts = json.loads(cluster)
    assert {kind: len(places) for kind, places in hosts.items()} == {"worker": 2, "ps": 1}
    assert len({place for places in hosts.values() for place in places}) == 3


@pytest.mark.needs("mpirun")
def test_ranks_of_mpi_are_counted_as_on_nodes_of_their_own(place: Place) -> None:
    compute = cluster(place, "mpis", 2)
    command = (
        'echo "$OMPI_COMM_WORLD_RANK/$OMPI_COMM_WORLD_SIZE $OMPI_COMM_WORLD_LOCAL_RANK/$OMPI_COMM_WORLD_LOCAL_SIZE'
        " $AZUREML_CR_NODE_RANK it's $(basename $(dirname $PWD))\""
    )
    distribution = {"type": "mpi", "process_count_per_instance": 2}
    place.run("mpi", command, compute=compute, resources={"instance_count": 2}, distribution=distribution)
    told = [log(place, "mpi", f"std_log_process_{rank}.txt").strip() for rank in range(4)]
    assert told[:2] == ["0/4 0/2 0 it's work", "1/4 1/2 0 it's work"]
    assert told[2:] == ["2/4 0/2 1 it's 1", "3/4 1/2 1 it's 1"]


@pytest.mark.needs("mpirun")
def test_the_failure_of_a_rank_of_mpi_is_told_in_the_log_that_is_followed(place: Place) -> None:
    distribution = {"type": "mpi", "process_count_per_instance": 2}
    place.submit("mpi-broken", 'test "$OMPI_COMM_WORLD_RANK" = 0 || exit 3; sleep 60', distribution=distribution)
    record = place.until("mpi-broken", "Failed")
    assert "exit code 3" in record.state["error"]["message"]
    assert "Rank 1 ended with exit code 3." in log(place, "mpi-broken", "std_log_process_0.txt")


def test_without_mpirun_the_job_says_what_is_missing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    place.submit("no-mpi", distribution={"type": "mpi"})
    error = place.until("no-mpi", "Failed").state["error"]
    assert error["code"] == "ProgramMissing"
    assert "'mpirun', which is not on this machine" in error["message"] and "openmpi-bin" in error["message"]


def test_nodes_are_taken_together_and_in_turn(place: Place) -> None:
    """Two jobs that each want both nodes do not end up with one each, and one that wants less does not overtake."""
    compute = cluster(place, "pairs", 2)
    both = {"instance_count": 2}
    place.submit("one-alone", "sleep 60", compute=compute)
    place.until("one-alone", "Running")
    place.submit("first-pair", "sleep 0.3", compute=compute, resources=both)
    until(lambda: "Waiting for 2 nodes of 'pairs': 1 of 2 busy" in reason(place, "first-pair"), "a reason")
    place.submit("second-pair", compute=compute, resources=both)
    place.submit("one-more", compute=compute)
    until(lambda: "2 jobs ahead" in reason(place, "one-more"), "a reason")
    assert place.get("first-pair").status == place.get("one-more").status == "Queued"
    place.cancel("one-alone")
    for name in ("first-pair", "second-pair", "one-more"):
        place.until(name, "Completed")
    starts = [place.get(name).state["start_time"] for name in ("first-pair", "second-pair", "one-more")]
    assert starts == sorted(starts)


def reason(place: Place, name: str) -> str:
    return place.get(name).state.get("status_reason") or ""


def test_one_node_taken_away_queues_the_whole_job_again(place: Place) -> None:
    compute = cluster(place, "cheap-pair", 2, tier="low_priority")
    marker = Path(place.platform.store.settings.data_dir) / "pair-taken"
    command = f"if test -e {marker}.$NODE_RANK; then echo again; else touch {marker}.$NODE_RANK; sleep 60; fi"
    place.submit("pair-victim", command, compute=compute, resources={"instance_count": 2})
    place.until("pair-victim", "Running")
    until(lambda: len(list(marker.parent.glob("pair-taken.*"))) == 2, "both nodes at work")
    taken = nodes_of(place, "cheap-pair")[1]
    cheap = ResourceId(place.scope, "computes", "cheap-pair")
    assert place.platform.preemption.preempt(cheap, taken.name, place.actor) == "pair-victim"
    record = place.until("pair-victim", "Completed")
    assert record.state["attempt"] == 2
    assert [log(place, "pair-victim", f"std_log_process_{n}.txt") for n in range(2)] == ["again\n", "again\n"]
    until(lambda: {node.state.value for node in nodes_of(place, "cheap-pair")} <= {"idle"}, "no node is held")


@pytest.mark.parametrize(
    ("said", "problem", "told"),
    [
        ({"distribution": {"type": "ray"}}, Unsupported, "no Ray cluster"),
        ({"distribution": {"type": "tensorflow", "worker_count": 1}}, InvalidInput, "leaves some without any"),
        ({"distribution": {"type": "pytorch", "process_count_per_instance": 900}}, InvalidInput, "1800 processes"),
        ({"resources": {"instance_count": 3}}, InvalidInput, "3 nodes together, and 'brace' has 2 at most"),
    ],
)
def test_what_cannot_run_is_refused_at_once(place: Place, said: Any, problem: type[Exception], told: str) -> None:
    compute = cluster(place, "brace", 2)
    with pytest.raises(problem, match=told):
        place.submit("refused-ranks", compute=compute, **{"resources": {"instance_count": 2}, **said})


def test_logs_of_ranks_have_names_that_clients_look_for(place: Place) -> None:
    place.run("dozen", "echo $RANK", distribution=pytorch(11))
    assert place.platform.logs.names(place.get("dozen"))[0] == "user_logs/std_log_process_00.txt"
    assert log(place, "dozen", "std_log_process_10.txt") == "10\n"


def test_ranks_go_with_their_runner(place: Place) -> None:
    """A runner that is killed takes them along, and the job is lost, not stuck."""
    place.submit("orphaned", "touch ../up.$RANK; sleep 60", distribution=pytorch(2))
    place.until("orphaned", "Running")
    folder = place.platform.engine.folder(place.get("orphaned").state["key"])
    until(lambda: len(list(folder.glob("up.*"))) == 2, "two ranks")
    os.kill(json.loads((folder.parent / "runner.json").read_text())["pid"], signal.SIGKILL)
    assert place.until("orphaned", "Failed").state["error"]["code"] == "JobLost"
    assert not processes_in(folder)
