#!/bin/sh
# Prints a Python from 3.11 to 3.13 that can make a virtual environment, or says what to do. $PYTHON goes first.
for python in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
    if "$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
    then
        "$python" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
cat >&2 <<'END'
Lazuli needs Python 3.11, 3.12 or 3.13 with the venv module, and none was found.
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  macOS:           brew install python@3.13
  elsewhere:       make PYTHON=/path/to/python3 ...
END
exit 1
