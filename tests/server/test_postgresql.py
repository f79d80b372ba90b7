"""The whole platform over PostgreSQL: a job goes its way, and another start finds everything."""

from __future__ import annotations

from pathlib import Path

from tests.jobs.place import opened
from tests.store.postgres import Postgres, postgres

from lazuli.schema.identity import ResourceId

__all__ = ["postgres"]


def test_a_job_goes_all_the_way_and_the_next_server_knows_it(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh_database()
    with opened(tmp_path, database_url=url) as place:
        place.run("hello", "echo hello > outputs/said.txt && echo told")
        place.platform.vault.set(place.scope, "a", "value")
    with opened(tmp_path, database_url=url) as place:
        assert place.log("hello") == "told\n"
        assert place.artifacts("hello")["outputs/said.txt"] == "hello\n"
        assert place.tracked("hello").status == "FINISHED"
        assert place.platform.vault.show(place.scope, "a", place.actor).value == "value"
        assert place.platform.shelves["workspace"].delete(ResourceId(place.scope), place.actor)
    assert not (tmp_path / "state.db").exists()
