"""An old import path."""
