"""Previews: the first rows of files that hold tables, and what their columns are like, read in bounded pieces.

Nothing that lies in a file is executed, and no more of it is read than is shown.
"""
