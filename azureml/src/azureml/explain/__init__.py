"""Explanations, under an old import path."""
