"""Jobs that no other job made are filed as such: lists show them without the trials and steps of others."""

from __future__ import annotations

STATEMENTS = [
    """INSERT INTO facet (kind, key, value, scope, created_at, resource_id)
        SELECT kind, 'root', '', scope, created_at, id FROM resource WHERE kind = 'jobs' AND parent = ''""",
]
