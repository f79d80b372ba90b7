"""``python lazuli_score/__main__.py SETTINGS``: serve a scoring script as the file SETTINGS says, in JSON."""

import os
import sys


def start():
    """Run the master; in a process that it forked, go on as a worker. The exit code."""
    here = os.path.dirname(os.path.realpath(__file__))
    while sys.path and os.path.realpath(sys.path[0]) == here:
        sys.path.pop(0)  # or a script's 'import settings' would find ours
    sys.path.insert(0, os.path.dirname(here))
    from lazuli_score import master

    sys.path.pop(0)
    return master.main(sys.argv[1])


if __name__ == "__main__":  # a script that spawns processes of its own has this file imported in each
    sys.exit(start())
