"""What can go wrong, and how it is told."""

import os
import sys
import traceback

LONGEST_TRACE = 20_000
LONGEST_LINE = 1000


class Failure(Exception):
    """The step, or a batch of it, cannot go on; the message is for its user."""


def told(error):
    """An error in one line, and its traceback from the user's own file on."""
    flush()
    if isinstance(error, Failure):
        return {"error": str(error), "trace": ""}
    trace, own = error.__traceback__, os.path.dirname(__file__)
    while trace is not None and trace.tb_next is not None:
        if not trace.tb_frame.f_code.co_filename.startswith((own, "<frozen importlib")):
            break
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace)
    said = traceback.format_exception_only(type(error), error)
    line = said[-1 if isinstance(error, SyntaxError) else 0].strip().partition("\n")[0]
    return {"error": line[:LONGEST_LINE], "trace": "".join(lines)[-LONGEST_TRACE:]}


def tell(text):
    """Print, whatever is in it: names of files are any bytes."""
    print(text.encode("utf-8", "backslashreplace").decode("utf-8"), flush=True)


def flush():
    """Have what was printed in the logs."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # the script closed it
            pass
