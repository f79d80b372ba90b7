"""Explanations while scoring."""
