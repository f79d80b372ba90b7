"""The newest value of every metric, and the metrics of logged models."""

STATEMENTS = [
    """CREATE TABLE latest_metric (
        run_id TEXT NOT NULL, key TEXT NOT NULL, experiment_id TEXT NOT NULL, value DOUBLE PRECISION NOT NULL,
        is_nan INTEGER NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL, PRIMARY KEY (run_id, key))""",
    "CREATE INDEX latest_metric_search ON latest_metric (experiment_id, key)",
    """CREATE TABLE model_metric (
        seq {serial}, model_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL,
        value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL,
        dataset_name TEXT NOT NULL, dataset_digest TEXT NOT NULL)""",
    "CREATE INDEX model_metric_model ON model_metric (model_id, key)",
]
