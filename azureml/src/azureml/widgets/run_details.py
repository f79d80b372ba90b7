"""A run shown as it goes."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Mapping

from azureml.core.run import Run
from azureml.exceptions import AzureMLException, ServiceException, UserErrorException
from azureml.widgets import _card, _screen, _text
from azureml.widgets._reading import Reading

__all__ = ["RunDetails"]

_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 5.0
_LONGEST_WAIT_S = 30.0


class RunDetails:
    """Shows a run: its state, metrics, children and log. Raises :class:`UserErrorException` for what is no run."""

    def __init__(self, run_instance: Run) -> None:
        if not isinstance(run_instance, Run):
            kind = type(run_instance).__name__
            raise UserErrorException(f"run_instance is a {kind}; RunDetails shows a run that the server knows.")
        self._run = run_instance
        self._reading = Reading(run_instance)

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self._run.id

    def show(
        self, render_lib: Callable[[str], Any] | None = None, widget_settings: Mapping[str, Any] | None = None
    ) -> None:
        """Show the run, and return at once.

        In a notebook what is shown is renewed until the run is over. ``render_lib`` is a function that draws HTML,
        such as ``displayHTML``: it is given the run once, as it stands. Elsewhere a few lines of text are printed. Of
        ``widget_settings``, ``{"debug": True}`` raises in the notebook what goes wrong while following; other
        settings of Azure's widget change nothing here.
        """
        view = self._reading.view()
        if render_lib is not None:
            render_lib(_card.drawn(view))
            return
        if not _screen.is_notebook():
            print(_text.told(view))
            return
        screen = _screen.opened()
        screen.show(_card.drawn(view), _text.told(view))
        if view.is_over:
            screen.keep()
            return
        is_strict = bool((widget_settings or {}).get("debug"))
        threading.Thread(target=self._follow, args=(screen, is_strict), name="lazuli-widget", daemon=True).start()

    def get_widget_data(self, widget_settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is shown, as plain values: status, properties, metrics, children and the end of the log."""
        return self._reading.view().as_data(widget_settings or {})

    def _follow(self, screen: Any, is_strict: bool) -> None:
        """Renew what is shown until the run is over, or nobody looks any more."""
        pause = _PAUSE_S
        while not screen.is_closed:
            time.sleep(pause)
            try:
                view = self._reading.view()
            except (AzureMLException, ServiceException):  # a server that starts anew is waited for
                if is_strict:
                    raise
                pause = min(pause * 2, _LONGEST_WAIT_S)
                continue
            screen.show(_card.drawn(view), _text.told(view))
            if view.is_over:
                screen.keep()
                return
            pause = min(pause * 1.1, _LONGEST_PAUSE_S)
