"""Chores: done again and again, also where one of them fails, until the server stops."""

from __future__ import annotations

import threading

from lazuli.server.chores import Chores


def test_a_chore_that_fails_is_done_again_and_holds_up_no_other() -> None:
    failed, done, enough = [], [], threading.Event()

    def fail() -> None:
        failed.append(1)
        raise OSError("the disk is away")

    def work() -> None:
        done.append(1)
        if len(done) == 3:
            enough.set()

    others = set(threading.enumerate())
    chores = Chores([fail, work], first_s=0, every_s=0)
    chores.start()
    assert enough.wait(60)
    chores.stop()
    assert len(failed) >= 3
    count = len(done)
    assert not [thread for thread in set(threading.enumerate()) - others if thread.name == "chores"]
    assert len(done) == count


def test_what_never_started_may_be_stopped() -> None:
    Chores([]).stop()


def test_an_end_waits_for_no_chore_that_only_reads() -> None:
    begun, over = threading.Event(), threading.Event()

    def read() -> None:
        begun.set()
        assert over.wait(60)

    chores = Chores([read], first_s=0, waits=False)
    chores.start()
    assert begun.wait(60)
    chores.stop()  # with a thread that reads on
    assert not over.is_set()
    over.set()
