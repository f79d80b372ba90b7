"""Sweeps: one command run again and again with other hyperparameters, as jobs of their own."""
