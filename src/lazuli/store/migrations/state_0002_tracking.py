"""What runs read and make: datasets and logged models."""

STATEMENTS = [
    """CREATE TABLE dataset_input (
        run_id TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL,
        source TEXT NOT NULL, schema TEXT NOT NULL, profile TEXT NOT NULL, context TEXT NOT NULL, tags TEXT NOT NULL,
        PRIMARY KEY (run_id, name, digest))""",
    """CREATE TABLE logged_model (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        model_type TEXT NOT NULL, source_run_id TEXT NOT NULL, status TEXT NOT NULL, status_message TEXT NOT NULL,
        lifecycle TEXT NOT NULL, artifact_uri TEXT NOT NULL, created_at BIGINT NOT NULL,
        modified_at BIGINT NOT NULL)""",
    "CREATE INDEX logged_model_experiment ON logged_model (experiment_id, lifecycle, created_at)",
    """CREATE TABLE run_model (
        run_id TEXT NOT NULL, model_id TEXT NOT NULL, direction TEXT NOT NULL, step BIGINT NOT NULL,
        PRIMARY KEY (run_id, model_id, direction))""",
]
