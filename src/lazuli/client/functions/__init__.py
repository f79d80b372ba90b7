"""Sweeps of Python functions: tried here, in the program that calls, and kept on the server trial by trial."""
