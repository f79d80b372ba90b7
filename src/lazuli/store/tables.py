"""The tables, as SQLAlchemy Core describes them. Migrations make them; a test holds the two against each other.

Times are milliseconds since 1970 in UTC. Columns exist only for what is filtered or sorted; the rest is JSON text.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, Table, Text, func, literal_column, text

__all__ = [
    "HAS_PARENT",
    "POINTS",
    "STATE",
    "blob",
    "dataset_input",
    "experiment",
    "facet",
    "holder",
    "journal",
    "latest_metric",
    "lease",
    "logged_model",
    "metric_point",
    "model_metric",
    "named_token",
    "param",
    "principal",
    "resource",
    "run",
    "run_model",
    "secret",
    "spent",
    "studio_code",
    "studio_session",
    "tag",
]

STATE = MetaData()
"""What must never be lost: written durably, one transaction at a time."""
POINTS = MetaData()
"""Metric points: a file of their own, so that a flood of them never holds the state writer's lock."""

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # whose whole numbers have 64 bits in any case

resource = Table(
    "resource",
    STATE,
    Column("id", Text, primary_key=True),  # the resource id in lower case: names differ by more than case
    Column("subscription", Text, nullable=False),
    Column("resource_group", Text, nullable=False),
    Column("workspace", Text, nullable=False),
    Column("scope", Text, nullable=False),  # the path of the workspace or the registry, in lower case
    Column("kind", Text, nullable=False),  # the REST collection: 'jobs', 'data', …; '' for workspaces and registries
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),  # '' for what has no versions, and for the container of versions
    Column("status", Text, nullable=False),
    Column("archived", Integer, nullable=False),
    Column("parent", Text, nullable=False),  # the parent job's name
    Column("hash", Text, nullable=False),  # content hash, where equal content is the same thing
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("modified_by", Text, nullable=False),
    Column("etag", Integer, nullable=False),
    Column("body", Text, nullable=False),  # what the user said: the document
    Column("state", Text, nullable=False),  # what the platform says: times, reasons, results
    Index("resource_status", "kind", "status", "scope", "created_at", "id"),
)

for _name, _within, _where in (  # pages of a list, in its order
    ("resource_listing", (), "version"),
    ("resource_view", ("archived",), "version"),
    ("resource_hash", ("hash",), "hash"),
    ("resource_parent", ("parent",), "parent"),
):
    _which = text(f"{_where} = ''" if _where == "version" else f"{_where} <> ''")
    Index(
        _name,
        *(resource.c[column] for column in ("kind", "scope", *_within, "created_at", "id")),
        sqlite_where=_which,
        postgresql_where=_which,
    )

HAS_PARENT = resource.c.parent != literal_column("''")
"""Said in a statement as it is in the index of parents: a partial index is not used for a parameter."""

Index(
    "resource_names",
    resource.c.kind,
    resource.c.scope,
    func.lower(resource.c.name),
    resource.c.created_at,
    resource.c.id,
)

facet = Table(  # what a resource is filed under: lists are narrowed by it, and come in their order
    "facet",
    STATE,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # 'tag', 'tag:color', 'experiment_name', …
    Column("value", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("created_at", BigInteger, primary_key=True),  # of the resource
    Column("resource_id", Text, primary_key=True),
    sqlite_with_rowid=False,
)

lease = Table(
    "lease",
    STATE,
    Column("resource_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("token", Text, nullable=False),  # of the server that looks after it; '' for none
    Index("lease_token", "token", "kind"),
)

spent = Table(  # what ended jobs used, to be added up
    "spent",
    STATE,
    Column("resource_id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # of the job
    Column("node_ms", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),  # of the currency: whole numbers add up exactly
    Index("spent_sums", "scope", "created_at", "target", "node_ms", "micros"),
)

holder = Table(  # the servers that look after resources: their leases hold as long as they say that they are there
    "holder",
    STATE,
    Column("token", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)

journal = Table(
    "journal",
    STATE,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("journal_resource", "resource_id", "seq"),
)

experiment = Table(
    "experiment",
    STATE,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("lifecycle", Text, nullable=False),  # 'active' or 'deleted'
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index("experiment_name", "scope", "name", unique=True),
)

run = Table(
    "run",
    STATE,
    Column("id", Text, primary_key=True),  # in a job, the job's name
    Column("scope", Text, nullable=False),
    Column("experiment_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("status", Text, nullable=False),  # MLflow's: RUNNING, SCHEDULED, FINISHED, FAILED, KILLED
    Column("lifecycle", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("artifact_uri", Text, nullable=False),
    Index("run_experiment", "experiment_id", "lifecycle", "started_at"),
    Index("run_scope", "scope", "started_at"),
)

param = Table(
    "param",
    STATE,
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

tag = Table(
    "tag",
    STATE,
    Column("owner_id", Text, primary_key=True),  # a run's or an experiment's id
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

blob = Table(
    "blob",
    STATE,
    Column("container", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text, nullable=False),  # base64, as Content-MD5 is; '' where it was never computed
    Column("content_type", Text, nullable=False),
    Column("metadata", Text, nullable=False),  # JSON map of x-ms-meta-*
    Column("etag", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index("blob_content", "sha256"),
)

principal = Table(
    "principal",
    STATE,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("principal_token", "token_hash"),
)

named_token = Table(
    "named_token",
    STATE,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),  # also whom its holder is called in what they do
    Column("role", Text, nullable=False),
    Column("token_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("used_at", BigInteger, nullable=False),  # 0 where it never was; noted now and then, not at every request
    Column("expires_at", BigInteger, nullable=False),
    Index("named_token_name", "name", unique=True),
    Index("named_token_token", "token_hash", unique=True),
)

studio_session = Table(
    "studio_session",
    STATE,
    Column("id", Text, primary_key=True),
    Column("cookie_hash", Text, nullable=False),
    Column("proof_hash", Text, nullable=False),
    Column("opened_with", Text, nullable=False),  # the hash of the key or token, without which it opens nothing
    Column("browser", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("studio_session_cookie", "cookie_hash", unique=True),
)

studio_code = Table(  # of links that sign in once
    "studio_code",
    STATE,
    Column("hash", Text, primary_key=True),
    Column("opened_with", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

secret = Table(
    "secret",
    STATE,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # sealed; see store/secrets.py
    Column("created_at", BigInteger, nullable=False),
)

metric_point = Table(
    "metric_point",
    POINTS,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("is_nan", Integer, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("peak", Integer, nullable=False, server_default=text("1")),  # whether a chart of a long series needs it
    Index("metric_point_series", "run_id", "key", "step", "timestamp"),
    Index(
        "metric_point_peaks",
        *("run_id", "key", "step", "timestamp", "seq", "value", "is_nan"),  # all that a chart reads
        sqlite_where=text("peak = 1"),
        postgresql_where=text("peak = 1"),
    ),
)

latest_metric = Table(
    "latest_metric",
    POINTS,
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("experiment_id", Text, nullable=False),  # of the run: what a search is confined to
    Column("value", Double, nullable=False),
    Column("is_nan", Integer, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Index("latest_metric_search", "experiment_id", "key"),
)

model_metric = Table(
    "model_metric",
    POINTS,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    Column("model_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("is_nan", Integer, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("dataset_name", Text, nullable=False),
    Column("dataset_digest", Text, nullable=False),
    Index("model_metric_model", "model_id", "key"),
)

dataset_input = Table(
    "dataset_input",
    STATE,
    Column("run_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("source_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("schema", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("context", Text, nullable=False),  # MLflow's tag of that name: 'training', 'eval', …
    Column("tags", Text, nullable=False),  # JSON map
)

logged_model = Table(
    "logged_model",
    STATE,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("experiment_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("model_type", Text, nullable=False),
    Column("source_run_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # PENDING, READY or FAILED
    Column("status_message", Text, nullable=False),
    Column("lifecycle", Text, nullable=False),
    Column("artifact_uri", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index("logged_model_experiment", "experiment_id", "lifecycle", "created_at"),
)

run_model = Table(
    "run_model",
    STATE,
    Column("run_id", Text, primary_key=True),
    Column("model_id", Text, primary_key=True),
    Column("direction", Text, primary_key=True),  # 'input' or 'output'
    Column("step", BigInteger, nullable=False),
)
