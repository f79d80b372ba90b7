"""Shelves: the resources of one kind in a workspace, and the verbs that every kind has."""
