"""Jobs: submitted, queued, prepared, run, finished; safe against a server that is killed at any moment."""
