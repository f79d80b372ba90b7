"""The table of jobs: any page of it, by any filter and any order, however many jobs a workspace has.

Metrics lie in another database than jobs and parameters, so no statement finds a page by all three. The columns that
are asked for are therefore held in memory, compactly, and kept as the databases are (:mod:`board`): a page is found
there, and its rows are then read as they stand now (:mod:`rows`).
"""
