"""What can go wrong, and how the log tells it."""

import os
import traceback


class Failure(Exception):
    """The script cannot be served; the message is for its user."""


class Refusal(Exception):
    """A request is answered with an error: its status and what it tells the caller."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class TimedOut(BaseException):
    """A ``run()`` took too long. No script's ``except Exception`` swallows it."""


def trace(error):
    """The traceback of an error, from the user's own file on."""
    if isinstance(error, Failure):
        return str(error)
    frame, own = error.__traceback__, os.path.dirname(__file__)
    while frame is not None and frame.tb_next is not None:
        if not frame.tb_frame.f_code.co_filename.startswith((own, "<frozen importlib")):
            break
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(error), error, frame)).rstrip()
