"""The first tables of the state."""

STATEMENTS = [
    """CREATE TABLE resource (
        id TEXT PRIMARY KEY, subscription TEXT NOT NULL, resource_group TEXT NOT NULL, workspace TEXT NOT NULL,
        scope TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
        status TEXT NOT NULL, archived INTEGER NOT NULL, parent TEXT NOT NULL, hash TEXT NOT NULL,
        created_at BIGINT NOT NULL, created_by TEXT NOT NULL, modified_at BIGINT NOT NULL, modified_by TEXT NOT NULL,
        etag INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL)""",
    "CREATE INDEX resource_listing ON resource (scope, kind, created_at)",
    "CREATE INDEX resource_versions ON resource (scope, kind, name, version)",
    "CREATE INDEX resource_hash ON resource (scope, kind, hash)",
    "CREATE INDEX resource_parent ON resource (scope, kind, parent)",
    """CREATE TABLE lease (
        resource_id TEXT PRIMARY KEY, kind TEXT NOT NULL, due_at BIGINT NOT NULL, token TEXT NOT NULL,
        expires_at BIGINT NOT NULL, failures INTEGER NOT NULL)""",
    "CREATE INDEX lease_due ON lease (due_at)",
    """CREATE TABLE journal (
        seq {serial}, at BIGINT NOT NULL, actor TEXT NOT NULL, resource_id TEXT NOT NULL, event TEXT NOT NULL,
        detail TEXT NOT NULL)""",
    "CREATE INDEX journal_resource ON journal (resource_id, seq)",
    """CREATE TABLE experiment (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, artifact_uri TEXT NOT NULL,
        lifecycle TEXT NOT NULL, created_at BIGINT NOT NULL, modified_at BIGINT NOT NULL)""",
    "CREATE UNIQUE INDEX experiment_name ON experiment (scope, name)",
    """CREATE TABLE run (
        id TEXT PRIMARY KEY, scope TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        "user" TEXT NOT NULL, status TEXT NOT NULL, lifecycle TEXT NOT NULL, started_at BIGINT NOT NULL,
        ended_at BIGINT, artifact_uri TEXT NOT NULL)""",
    "CREATE INDEX run_experiment ON run (experiment_id, lifecycle, started_at)",
    "CREATE INDEX run_scope ON run (scope, started_at)",
    """CREATE TABLE param (
        run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key))""",
    """CREATE TABLE tag (
        owner_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (owner_id, key))""",
    """CREATE TABLE blob (
        container TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, size BIGINT NOT NULL, md5 TEXT NOT NULL,
        content_type TEXT NOT NULL, metadata TEXT NOT NULL, etag TEXT NOT NULL, created_at BIGINT NOT NULL,
        modified_at BIGINT NOT NULL, PRIMARY KEY (container, name))""",
    "CREATE INDEX blob_content ON blob (sha256)",
    """CREATE TABLE principal (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, token_hash TEXT NOT NULL,
        created_at BIGINT NOT NULL)""",
    "CREATE INDEX principal_token ON principal (token_hash)",
    """CREATE TABLE secret (
        scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, created_at BIGINT NOT NULL,
        PRIMARY KEY (scope, name))""",
]
