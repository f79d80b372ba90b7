"""Names are compared without case: find the versions of one by an index."""

STATEMENTS = ["CREATE INDEX resource_names ON resource (scope, kind, lower(name), created_at)"]
