"""The driver of a parallel step by itself, as a job starts it: on this Python and on every other that is here."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.steps import Step, pythons


@pytest.fixture(params=pythons(), ids=lambda python: Path(python).resolve().name + python[-24:])
def any_step(request: pytest.FixtureRequest, tmp_path: Path) -> Step:
    return Step(tmp_path, request.param)


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def until(true: Callable[[], object], otherwise: Callable[[], object] = str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # it went before, or while it was read
        return False
    return state != "Z"


NAMES = "import os\ndef run(batch):\n    return [os.path.basename(file) for file in batch]\n"

TELLS = """
import argparse, json, os, sys

def init():
    global args
    parser = argparse.ArgumentParser()
    parser.add_argument("--model")
    args, rest = parser.parse_known_args()
    print("ready", __name__, args.model, rest, os.environ["AZUREML_MODEL_DIR"])

def run(batch, context):
    told = [context.minibatch_index, context.partition_key_value, context.global_row_index_lower_bound]
    return [json.dumps([os.path.relpath(file, "../in"), told]) for file in batch]

def shutdown():
    print("over", args.model)
"""


def test_files_are_cut_run_and_put_together_in_order(any_step: Step) -> None:
    any_step.script(TELLS)
    any_step.inputs("b/1.txt", "b.txt", "a/2.txt", "a/deep/3.txt", "c.txt")
    told = any_step.run(
        mini_batch_size="2",
        arguments=["--model", "a b", "--error_threshold", "0"],
        variables={"AZUREML_MODEL_DIR": "/models"},
        concurrency=1,
    )
    order = ["a/2.txt", "a/deep/3.txt", "b.txt", "b/1.txt", "c.txt"]
    assert [json.loads(row)[0] for row in any_step.rows()] == order
    assert [json.loads(row)[1] for row in any_step.rows()][::2] == [[0, None, 0], [1, None, 2], [2, None, 4]]
    said = any_step.log("user/stdout/0/process000.stdout.txt")
    assert "ready score a b ['--error_threshold', '0'] /models\n" in said
    assert said.count("ready") == said.count("over a b") == 1
    assert "3 mini-batches of files" in told and "3 of 3 done, 0 failed. Failed items: 0." in told
    assert told == any_step.log("job_progress_overview.txt")


def test_an_order_holds_however_the_processes_run(step: Step) -> None:
    step.script(
        "import os, time\ndef run(batch):\n"
        "    name = os.path.basename(batch[0])\n"
        "    while name == '0' and not os.path.exists('others'):\n        time.sleep(0.01)\n"
        "    if name == '5':\n        open('others', 'w')\n"
        "    return [name]\n"
    )
    step.inputs(*"012345")
    step.run()
    assert step.rows() == list("012345")


def test_a_file_is_a_batch_of_one(step: Step) -> None:
    step.script(NAMES)
    step.inputs("only.txt", "other.txt")
    step.run(input=str(step.root / "in" / "only.txt"))
    assert step.rows() == ["only.txt"]


def test_what_fails_is_tried_again(any_step: Step) -> None:
    any_step.script(
        "import os\ndef run(batch):\n"
        "    tried = len([name for name in os.listdir('.') if name.startswith('try')])\n"
        "    if batch[0].endswith('1') and tried < 2:\n"
        "        open(f'try{tried}', 'w')\n        raise ValueError(f'not yet: {tried}')\n"
        "    return batch\n"
    )
    any_step.inputs("0", "1", "2")
    told = any_step.run()
    assert [row[-1] for row in any_step.rows()] == ["0", "1", "2"]
    assert "Mini-batch 1, try 2 of 3: ValueError: not yet: 1" in told and "0 failed" in told
    # a traceback begins in the user's own file
    assert 'Traceback (most recent call last):\n  File "' + str(any_step.root / "code" / "score.py") in told
    assert any_step.log("user/error.txt").count("not yet") == 2
    assert any_step.log("user/error/0/*").count("Traceback") == 2


def test_one_that_always_fails_is_left_out(step: Step) -> None:
    step.script(
        "import sys\ndef run(batch):\n    if batch[0].endswith('1'):\n        sys.exit('never')\n    return batch\n"
    )
    step.inputs("0", "1", "2")
    told = step.run(max_retries=1)
    assert [row[-1] for row in step.rows()] == ["0", "2"]
    assert "try 2 of 2: SystemExit: never" in told and "3 of 3 done, 1 failed. Failed items: 1." in told


def test_a_process_that_hangs_is_replaced(any_step: Step) -> None:
    any_step.script(
        "import os, signal, subprocess\n"
        "def init():\n    print('init')\n"
        "def run(batch):\n"
        "    if batch[0].endswith('1') and not os.path.exists('hung'):\n"
        "        child = subprocess.Popen(['sleep', '600'])\n"
        "        with open('hung', 'w') as file:\n            file.write(f'{os.getpid()} {child.pid}')\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        signal.pause()\n"
        "    return batch\n"
    )
    any_step.inputs("0", "1", "2")
    told = any_step.run(timeout=1, concurrency=1)
    assert [row[-1] for row in any_step.rows()] == ["0", "1", "2"]
    assert "Mini-batch 1, try 1 of 3: run() took longer than retry_settings.timeout, 1 s." in told
    assert any_step.log("user/stdout/0/process000.stdout.txt") == "init\n" * 2
    pids = [int(pid) for pid in (any_step.root / "code" / "hung").read_text(encoding="utf-8").split()]
    until(lambda: not any(map(is_alive, pids)))


def test_a_process_that_dies_takes_only_its_batch_down(any_step: Step) -> None:
    any_step.script(
        "import os, signal\ndef run(batch):\n"
        "    if batch[0].endswith('1'):\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    if batch[0].endswith('2'):\n        os._exit(7)\n"
        "    return batch\n"
    )
    any_step.inputs("0", "1", "2", "3")
    told = any_step.run(max_retries=1)
    assert [row[-1] for row in any_step.rows()] == ["0", "3"]
    assert "Mini-batch 1, try 2 of 2: its process was killed by SIGKILL; the machine may have run out" in told
    assert "Mini-batch 2, try 2 of 2: its process ended with exit code 7." in told


FAILS = "def run(batch):\n    if int(batch[0][-1]) % 2:\n        raise ValueError('odd')\n    return batch\n"


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ({"mini_batch_error_threshold": 1}, "2 mini-batches failed, and mini_batch_error_threshold allows 1."),
        ({"error_threshold": 0}, "1 items failed, and error_threshold allows 0."),
        ({"arguments": ["--error_threshold=1"]}, "2 items failed, and error_threshold allows 1."),
        (
            {"arguments": ["--allowed_failed_percent", "15"]},
            "2 of 10 mini-batches failed, and --allowed_failed_percent",
        ),
        ({"mini_batch_error_threshold": 5, "arguments": ["--allowed_failed_percent", "50"]}, ""),
    ],
)
def test_a_step_ends_where_too_much_fails(step: Step, bound: dict[str, Any], message: str) -> None:
    step.script(FAILS)
    step.inputs(*"0123456789")
    told = step.run(1 if message else 0, max_retries=0, concurrency=1, **bound)
    assert message in told.splitlines()[-1]
    kept = "02468" if not message else "02" if message.startswith("2") else "0"
    assert [row[-1] for row in step.rows()] == list(kept)


def test_items_that_are_not_returned_have_failed(step: Step) -> None:
    step.script("def run(batch):\n    return batch[1:]\n")
    step.inputs(*"012345")
    assert "Failed items: 2." in step.run(mini_batch_size="3")
    assert "error_threshold allows 1" in step.run(1, mini_batch_size="3", error_threshold=1)


def test_a_long_message_is_one_line_where_lines_are_told(step: Step) -> None:
    step.script("def run(batch):\n    raise ValueError('first\\nsecond')\n")
    step.inputs("0")
    step.run(1, max_retries=0)
    assert step.log("user/error.txt") == "Mini-batch 0, try 1 of 1: ValueError: first\n"
    assert "first\nsecond" in step.log("user/error/0/*")


@pytest.mark.parametrize(
    ("returned", "said"), [("None", "NoneType"), ("'text'", "str"), ("iter(batch)", "list_iterator")]
)
def test_run_returns_a_list(step: Step, returned: str, said: str) -> None:
    step.script(f"def run(batch):\n    return {returned}\n")
    step.inputs("0")
    told = step.run(1)
    assert f"run() returned {said}. It has to return a list or a DataFrame" in told
    assert "None of 1 mini-batches went well." in told.splitlines()[-1]


def test_rows_are_asked_for_only_where_they_are_kept(step: Step) -> None:
    step.script("def run(batch):\n    return []\n")
    step.inputs("0")
    assert "run() returned no item for any mini-batch" in step.run(1)
    step.run(append_row_to=None)


TABLE = """
class Table:
    columns = ["a", "b"]
    def __init__(self, rows):
        self.rows = rows
    def __len__(self):
        return len(self.rows)
    def to_csv(self, stream, sep, header, index):
        assert (header, index) == (False, False)
        stream.writelines(sep.join(map(str, row)) + "\\n" for row in self.rows)

def run(batch):
    return Table([(name[-1], 1.5) for name in batch])
"""


def test_a_table_is_written_without_names_and_with_spaces(step: Step) -> None:
    step.script(TABLE)
    step.inputs("0", "1")
    step.run()
    assert step.rows() == ["0 1.5", "1 1.5"]
    step.write("code/parallel_run_step.settings.json", '{"append_row": {"pandas.DataFrame.to_csv": {"sep": ","}}}')
    step.run()
    assert step.rows() == ["0,1.5", "1,1.5"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def init():\n    raise RuntimeError('no model')\n" + NAMES, "RuntimeError: no model"),
        ("def init():\n    pass\n", "The entry script 'score.py' has no function 'run(mini_batch)'."),
        ("import os\nos._exit(4)", "Its process ended with exit code 4 in init()."),
        ("this is no Python", "SyntaxError: invalid syntax"),
    ],
)
def test_a_script_that_cannot_be_made_ready_ends_the_step(any_step: Step, script: str, message: str) -> None:
    any_step.script(script)
    any_step.inputs(*"01234")
    told = any_step.run(1)
    assert f"The step failed. The script could not be made ready. {message}" in told.splitlines()[-1]
    assert any_step.log("user/error.txt").count(message) == 3
    assert any_step.rows() == []


def test_init_may_hang(step: Step) -> None:
    step.script("import signal\ndef init():\n    signal.pause()\n" + NAMES)
    step.inputs("0")
    told = step.run(1, arguments=["--first_task_creation_timeout", "1"])
    assert "No mini-batch was begun within 1 s." in told.splitlines()[-1]


def test_no_progress_may_end_it(step: Step) -> None:
    step.script("import signal\ndef run(batch):\n    signal.pause()\n")
    step.inputs("0")
    told = step.run(1, arguments=["--progress_update_timeout", "1"])
    assert "No mini-batch came to its end within 1 s" in told.splitlines()[-1]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"arguments": ["--error_threshold", "many"]}, "program_arguments: '--error_threshold many' is not a whole"),
        ({"mini_batch_size": "10kb"}, "mini_batch_size is '10kb': for files it is how many of them a batch has"),
        ({"entry_script": "other.py"}, "There is no entry script 'other.py' in the code folder."),
        ({"partition_keys": ["store"]}, "partition_keys names 'store', which the path '0' does not tell."),
    ],
)
def test_what_cannot_be_done_is_said(step: Step, said: dict[str, Any], message: str) -> None:
    step.script(NAMES)
    step.inputs("0")
    assert message in step.run(1, **said).splitlines()[-1]


def test_an_empty_input_is_a_mistake(step: Step) -> None:
    step.script(NAMES)
    assert "is empty: there is nothing to run the script on." in step.run(1)


def test_folders_named_by_their_keys_make_batches(step: Step) -> None:
    step.script(TELLS)
    step.inputs("store=2/kind=a/1.csv", "store=1/kind=a/2.csv", "store=2/kind=b/3.csv", "store=1/kind=a/1.csv")
    step.run(partition_keys=["store", "kind"], variables={"AZUREML_MODEL_DIR": ""})
    rows = [json.loads(row) for row in step.rows()]
    assert [(row[0][-5], row[1][1]) for row in rows] == [
        ("1", {"store": "1", "kind": "a"}),
        ("2", {"store": "1", "kind": "a"}),
        ("1", {"store": "2", "kind": "a"}),
        ("3", {"store": "2", "kind": "b"}),
    ]


def test_an_mltable_without_a_reader_is_a_list_of_files(step: Step) -> None:
    step.script(NAMES)
    step.inputs("MLTable", "b/1.txt", "b/2.txt", "c/1.csv", "c/2.txt", "d.txt")
    table = {"paths": [{"file": "./d.txt"}, {"folder": "./b"}, {"pattern": "./**/*.csv"}]}
    step.run(table=table, mini_batch_size="3")
    assert step.rows() == ["d.txt", "1.txt", "2.txt", "1.csv"]
    step.run(table={**table, "transformations": [{"skip": 1}, {"take": 2}]})
    assert step.rows() == ["1.txt", "2.txt"]
    elsewhere = {"paths": [{"file": "https://example.org/x.csv"}]}
    assert "which lies elsewhere" in step.run(1, table=elsewhere)


def test_a_table_needs_something_that_reads_it(any_step: Step) -> None:
    any_step.script(NAMES)
    any_step.inputs("a.csv")
    for package in ("mltable", "pandas"):  # whatever this Python has
        any_step.write(f"none/{package}.py", "raise ImportError\n")
    any_step.variables["PYTHONPATH"] = str(any_step.root / "none")
    told = any_step.run(1, table={"paths": [{"file": "a.csv"}], "transformations": [{"read_delimited": {}}]})
    assert "the environment has neither 'mltable' nor 'pandas' to read it. Add one of them" in told.splitlines()[-1]


def test_a_link_in_a_circle_is_followed_once(step: Step) -> None:
    step.script(NAMES)
    step.inputs("a/1.txt")
    (step.root / "in" / "a" / "again").symlink_to(step.root / "in")
    step.run()
    assert step.rows() == ["1.txt"]


def test_names_of_any_bytes(any_step: Step) -> None:
    any_step.script(NAMES)
    any_step.inputs(os.fsdecode(b"0\xff\n.txt"))
    any_step.run()
    assert any_step.out.read_bytes() == b"0\xff\n.txt\n"


ENDLESS = """
import os, subprocess, time
def run(batch):
    child = subprocess.Popen(["sleep", "600"])
    with open("pids.part", "w") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename("pids.part", "pids")
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_driver_is_the_end_of_all(any_step: Step, number: signal.Signals) -> None:
    any_step.script(ENDLESS)
    any_step.inputs("0")
    process = any_step.start(timeout=600)
    pids = any_step.root / "code" / "pids"
    until(pids.exists)
    script, child = (int(pid) for pid in pids.read_text(encoding="utf-8").split())
    process.send_signal(number)
    told, _ = process.communicate(timeout=120)
    until(lambda: not is_alive(script))
    if number == signal.SIGTERM:
        assert process.returncode == 143 and "The step was stopped." in told
        until(lambda: not is_alive(child))
    else:  # what the script started is for whoever killed the driver to end
        os.kill(child, signal.SIGKILL)


def test_the_logger_of_a_script_has_a_log(any_step: Step) -> None:
    any_step.script(
        "import logging\nfrom azureml_user.parallel_run import EntryScript\n"
        "def run(batch):\n"
        "    EntryScript().logger.info('into its own')\n"
        "    logging.info('quiet')\n    logging.warning('loud')\n"
        "    return batch\n"
    )
    any_step.inputs("0")
    any_step.run(logging_level="INFO")
    assert any_step.log("user/entry_script_log/0/process000.log.txt").endswith("|into its own\n")
    assert "quiet" in any_step.log("user/stderr/0/process000.stderr.txt")
    told = any_step.run(logging_level="WARNING")
    assert told == ""
    assert any_step.log("user/stderr/0/process000.stderr.txt").count("quiet") == 1
    assert any_step.log("user/stderr/0/process000.stderr.txt").count("loud") == 2


def test_nodes_have_processes_of_their_own(step: Step) -> None:
    step.script(
        "import os, time\ndef init():\n"
        "    open('ready' + str(os.getpid()), 'w')\n"
        "    while len([name for name in os.listdir('.') if name.startswith('ready')]) < 4:\n        time.sleep(0.01)\n"
        "def run(batch):\n    return [os.environ['AZUREML_CR_NODE_RANK']]\n"
    )
    step.inputs(*"01234567")
    step.run(nodes=2, concurrency=2)
    ready = [file.relative_to(step.root / "logs").as_posix() for file in (step.root / "logs").glob("user/stdout/*/*")]
    assert sorted(ready) == [f"user/stdout/{node}/process00{number}.stdout.txt" for node in (0, 1) for number in (0, 1)]
    assert set(step.rows()) <= {"0", "1"}


def test_a_module_of_the_script_is_its_own(any_step: Step) -> None:
    any_step.script("import worker, driver\ndef run(batch):\n    return [worker.MINE, driver.MINE]\n")
    any_step.write("code/worker.py", "MINE = 1")
    any_step.write("code/driver.py", "MINE = 2")
    any_step.inputs("0")
    any_step.run()
    assert any_step.rows() == ["1", "2"]


def test_what_a_script_registers_for_its_end_is_run(any_step: Step) -> None:
    any_step.script(
        "import atexit, threading, time\n"
        "def init():\n    atexit.register(print, 'at exit')\n"
        "    threading.Thread(target=lambda: (time.sleep(0.05), print('a thread is waited for'))).start()\n"
        "def run(batch):\n    return batch\n"
        "def shutdown():\n    raise ValueError('at the end')\n"
    )
    any_step.inputs("0")
    told = any_step.run()
    assert "shutdown() of 0/process000: ValueError: at the end" in told
    assert any_step.log("user/stdout/0/*") == "a thread is waited for\nat exit\n"


def test_processes_of_a_script_may_have_processes(any_step: Step) -> None:
    any_step.script(
        "from multiprocessing import get_context\ndef double(x):\n    return 2 * x\n"
        "def run(batch):\n"
        "    with get_context('spawn').Pool(2) as pool:\n        return pool.map(double, range(3))\n"
    )
    any_step.inputs("0")
    any_step.run()
    assert any_step.rows() == ["0", "2", "4"]


def test_the_use_of_the_machine_is_noted(step: Step) -> None:
    step.script(
        "import os, time\nFILE = '../logs/sys/perf/processes_resource_usage.csv'\ndef run(batch):\n"
        "    while not os.path.exists(FILE):\n        time.sleep(0.01)\n    return batch\n"
    )
    step.inputs("0")
    step.run(arguments=["--resource_monitor_interval", "0.01"])
    head, first, *_ = step.log("sys/perf/processes_resource_usage.csv").splitlines()
    assert head == "time,process,pid,cpu_seconds,memory_mb"
    assert first.split(",")[1] == "0/process000" and float(first.split(",")[4]) > 1
