"""Explanations by a simpler model."""
