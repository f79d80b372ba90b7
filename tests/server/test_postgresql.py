"""The whole platform over PostgreSQL: a job goes its way, and another start finds everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.jobs.place import opened
from tests.store.postgres import Postgres, postgres

import lazuli
from lazuli.client.client import Client
from lazuli.client.profile import Profile
from lazuli.schema.identity import ResourceId
from lazuli.schema.problems import Conflict, Unavailable
from lazuli.store.opened import open_store
from lazuli.store.settings import Settings

__all__ = ["postgres"]


def test_a_job_goes_all_the_way_and_the_next_server_knows_it(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh_database()
    with opened(tmp_path, database_url=url) as place:
        place.run("hello", "echo hello > outputs/said.txt && echo told")
        place.platform.vault.set(place.scope, "a", "value")
        where = Profile(
            place.platform.store.settings.plain_url, (tmp_path / "token").read_text(), "sub", "group", "Space"
        )
        with Client(where) as client:
            found = lazuli.sweep(
                lambda x: x, {"x": lazuli.choice(2, 1, 3)}, sampling="grid", name="three", client=client
            )
        assert found.params == {"x": 1}
    with opened(tmp_path, database_url=url) as place:
        assert place.log("hello") == "told\n"
        assert place.artifacts("hello")["outputs/said.txt"] == "hello\n"
        assert place.until("three").state["best"]["trial"] == "three_1"
        assert place.tracked("three_1").params == {"x": "1"}
        assert place.tracked("hello").status == "FINISHED"
        assert place.platform.vault.show(place.scope, "a", place.actor).value == "value"
        assert place.platform.shelves["workspace"].delete(ResourceId(place.scope), place.actor)
    assert not (tmp_path / "state.db").exists()
    with pytest.raises(Conflict, match="the database that belongs to it is not there"):
        open_store(Settings(data_dir=tmp_path))
    assert not (tmp_path / "state.db").exists()


def test_a_folder_with_a_state_of_its_own_is_no_place_for_another(postgres: Postgres, tmp_path: Path) -> None:
    open_store(Settings(data_dir=tmp_path)).close()
    with pytest.raises(Conflict, match="keeps its state in SQLite"):
        open_store(Settings(data_dir=tmp_path, database_url=postgres.fresh_database()))
    open_store(Settings(data_dir=tmp_path)).close()


def test_a_database_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/lazuli"
    with pytest.raises(Unavailable) as said:
        open_store(Settings(data_dir=tmp_path, database_url=url))
    told = said.value.message
    assert told.startswith("The database postgresql://me:***@127.0.0.1:1/lazuli cannot be opened: connection failed")
    assert told.endswith("Connection refused.") and "\t" not in told
