"""The table of metric points."""

STATEMENTS = [
    """CREATE TABLE metric_point (
        seq {serial}, run_id TEXT NOT NULL, key TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
        is_nan INTEGER NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL)""",
    "CREATE INDEX metric_point_series ON metric_point (run_id, key, step, timestamp)",
]
