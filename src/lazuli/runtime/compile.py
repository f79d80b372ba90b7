"""Byte-compile one environment at the lowest priority: ``python -I -S compile.py HOME``.

An environment is used from the moment it is installed; this goes on beside its first jobs, so that nobody waits for
modules that nobody imports. Both write each file by rename, so they may meet over the same one.
"""

from __future__ import annotations

import contextlib
import glob
import os
import subprocess
import sys


def main(home: str) -> None:
    """Compile what is installed below ``home`` and leave a mark that it is done."""
    step_back()
    folders = glob.glob(os.path.join(glob.escape(home), "venv", "lib", "python3*", "site-packages"))
    python = os.path.join(home, "venv", "bin", "python")
    # The tests that packages bring along are a third of all there is, and hardly anybody imports them. Others ship
    # files that are templates, or for another Python: their failure is none of ours.
    subprocess.run(
        [python, "-m", "compileall", "-qq", "-j", "0", "-x", r"site-packages/.*/tests/", *folders],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    with open(os.path.join(home, "compiled"), "w", encoding="utf-8"):
        pass


def step_back() -> None:
    """Take only what of the processors nobody else wants."""
    os.nice(19)
    with contextlib.suppress(AttributeError, OSError):  # where the kernel does not let us, niceness alone has to do
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # Where sessions are scheduled as groups, all of the above counts only among the processes of this one.
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as group:
        group.write("19")


if __name__ == "__main__":
    main(sys.argv[1])
