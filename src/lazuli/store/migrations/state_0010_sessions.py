"""Sessions of Studio, the codes of one-time links, and named tokens: all kept as hashes."""

from __future__ import annotations

STATEMENTS = [
    """CREATE TABLE named_token (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, token_hash TEXT NOT NULL,
        created_at BIGINT NOT NULL, created_by TEXT NOT NULL, used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)""",
    "CREATE UNIQUE INDEX named_token_name ON named_token (name)",
    "CREATE UNIQUE INDEX named_token_token ON named_token (token_hash)",
    """CREATE TABLE studio_session (
        id TEXT PRIMARY KEY, cookie_hash TEXT NOT NULL, proof_hash TEXT NOT NULL, opened_with TEXT NOT NULL,
        browser TEXT NOT NULL, created_at BIGINT NOT NULL, used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)""",
    "CREATE UNIQUE INDEX studio_session_cookie ON studio_session (cookie_hash)",
    "CREATE TABLE studio_code (hash TEXT PRIMARY KEY, opened_with TEXT NOT NULL, expires_at BIGINT NOT NULL)",
]
