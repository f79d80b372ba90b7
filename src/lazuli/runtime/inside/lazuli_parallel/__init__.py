"""A parallel step inside the user's environment: a driver that hands batches of an input to processes of a script.

It is laid into the work folder as it is, and started as ``python …/lazuli_parallel/__main__.py SETTINGS``. Standard
library only; pandas and mltable are imported in the processes that need them, where the environment has them.
"""
