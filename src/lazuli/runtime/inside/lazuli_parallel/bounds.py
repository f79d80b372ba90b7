"""How much may go wrong, and how long things may take."""

import time

from lazuli_parallel.trouble import Failure

FOREVER = float("inf")
WHERE = "The first errors are above, all are in logs/user/error.txt."


class Bounds:
    """Watches over a step. Every check raises :class:`Failure` once the step is to end."""

    def __init__(self, settings, report):
        self.settings = settings
        self.report = report
        self.began = self.moved = time.monotonic()
        self.has_begun = False  # whether a batch was ever run

    def check_errors(self):
        """Whether more failed than may."""
        settings, report = self.settings, self.report
        if 0 <= settings.mini_batch_error_threshold < report.failed:
            raise Failure(
                f"{report.failed} mini-batches failed, and mini_batch_error_threshold allows "
                f"{settings.mini_batch_error_threshold}. {WHERE}"
            )
        if 0 <= settings.error_threshold < report.items_failed:
            raise Failure(
                f"{report.items_failed} items failed, and error_threshold allows {settings.error_threshold}. An item "
                f"has failed where its mini-batch has, or where run() returned fewer items than it was given. {WHERE}"
            )
        if report.total and 100 * report.failed > settings.allowed_failed_percent * report.total:
            raise Failure(
                f"{report.failed} of {report.total} mini-batches failed, and --allowed_failed_percent allows "
                f"{settings.allowed_failed_percent:g}. {WHERE}"
            )

    def check_result(self):
        """Whether there is anything to show in the end."""
        report = self.report
        self.check_errors()
        if not report.ended:
            raise Failure(f"The input '{self.settings.input}' is empty: there is nothing to run the script on.")
        if not report.succeeded:
            raise Failure(f"None of {report.failed} mini-batches went well. {WHERE}")
        if self.settings.append_row_to and not report.returned:
            raise Failure("run() returned no item for any mini-batch, and append_row_to asks for them.")

    def check_time(self):
        """Whether it takes too long to begin or to go on."""
        now, settings = time.monotonic(), self.settings
        if not self.has_begun and now - self.began >= settings.first_task_creation_timeout:
            raise Failure(
                f"No mini-batch was begun within {settings.first_task_creation_timeout:g} s. What takes so long is "
                "init() of the script or the reading of the input; raise --first_task_creation_timeout where it must."
            )
        if settings.progress_update_timeout and now - self.moved >= settings.progress_update_timeout:
            raise Failure(
                f"No mini-batch came to its end within {settings.progress_update_timeout:g} s, which is "
                "--progress_update_timeout."
            )

    def rest(self):
        """All batches are over: time is of no matter any more."""
        self.has_begun, self.settings.progress_update_timeout = True, 0.0

    @property
    def deadline(self):
        """When time is to be checked again."""
        begin = FOREVER if self.has_begun else self.began + self.settings.first_task_creation_timeout
        limit = self.settings.progress_update_timeout
        return min(begin, self.moved + limit if limit else FOREVER)
