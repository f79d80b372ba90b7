"""Which points a chart of a long series is drawn from. Those that are there already all are."""

STATEMENTS = [
    "ALTER TABLE metric_point ADD COLUMN peak INTEGER NOT NULL DEFAULT 1",
    """CREATE INDEX metric_point_peaks ON metric_point (run_id, key, step, timestamp, seq, value, is_nan)
        WHERE peak = 1""",
]
