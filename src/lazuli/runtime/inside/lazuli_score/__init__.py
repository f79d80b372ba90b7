"""A scoring script inside the user's environment: ``init()`` once, ``run()`` for every request that comes over HTTP.

It is laid beside a deployment as it is, and started as ``python …/lazuli_score/__main__.py SETTINGS``; what the file
says is told in :mod:`lazuli_score.settings`. Standard library only. What a script written for Azure's inference server
meets here is what it meets there: names, words of errors, headers.
"""
