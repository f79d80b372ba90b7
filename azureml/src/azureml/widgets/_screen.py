"""Where a run is shown in a notebook: a widget where ipywidgets is installed, else an output that is renewed."""

from __future__ import annotations

import sys
from typing import Any

_WIDGET = "application/vnd.jupyter.widget-view+json"


def is_notebook() -> bool:
    """Whether this process is the kernel of a notebook. IPython is looked for and never imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def opened() -> Screen:
    """A place below the cell that runs."""
    try:
        import ipywidgets  # pyright: ignore[reportMissingImports]
    except ImportError:
        return Screen()
    return _Widget(ipywidgets.HTML())


class Screen:
    """An output of the cell, renewed as a whole."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._html = self._text = ""

    @property
    def is_closed(self) -> bool:
        """Whether nobody can see it any more, as far as that can be known."""
        return False

    def show(self, html: str, text: str) -> None:
        """Show this, where it is not what is shown."""
        if html != self._html:
            self._html, self._text = html, text
            self._draw()

    def keep(self) -> None:
        """Leave what is shown in the notebook for good."""

    def _draw(self) -> None:
        self._display(self._bundle())

    def _bundle(self) -> dict[str, Any]:
        return {"text/html": self._html, "text/plain": self._text}

    def _display(self, bundle: dict[str, Any]) -> None:
        from IPython.display import display  # pyright: ignore[reportMissingImports]

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


class _Widget(Screen):
    """A widget: only what it holds is sent anew. Beside it lies what a notebook shows that is opened without it."""

    def __init__(self, widget: Any) -> None:
        super().__init__()
        self._widget = widget

    @property
    def is_closed(self) -> bool:
        return self._widget.comm is None

    def keep(self) -> None:
        self._display(self._bundle())

    def _draw(self) -> None:
        self._widget.value = self._html
        if self._handle is None:
            self._display(self._bundle())

    def _bundle(self) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}
        return {**super()._bundle(), _WIDGET: view}
