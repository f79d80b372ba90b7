"""One workspace of one server, and everything in it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from typing import Self

from lazuli.client.collection import Collection, Workspaces
from lazuli.client.computes import Computes
from lazuli.client.endpoints import BatchDeployments, BatchEndpoints, OnlineDeployments, OnlineEndpoints
from lazuli.client.http import Http
from lazuli.client.jobs import Jobs
from lazuli.client.models import Files
from lazuli.client.profile import Profile
from lazuli.client.published import PublishedPipelines
from lazuli.client.schedules import Schedules
from lazuli.client.snapshot import Snapshot
from lazuli.client.storage import Progress, Storage
from lazuli.resources.component import Component
from lazuli.resources.environment import Environment
from lazuli.resources.model import Model
from lazuli.resources.table import noun
from lazuli.schema.identity import Scope
from lazuli.schema.problems import InvalidInput

__all__ = ["Client"]

_ENOUGH = 8


class Client:
    """The way to a server: ``Client(profile.find()).jobs.list()``. Close it, or use it in a ``with``."""

    def __init__(self, profile: Profile, *, http: Http | None = None, progress: Progress | None = None) -> None:
        self.profile = profile
        self.http = http or Http(profile.url, profile.token, ca_file=profile.ca_file)
        self._progress = progress
        self.workspaces = Workspaces(self, noun("workspace"))
        self.registries = Workspaces(self, noun("registry"))
        self.data = Files(self, noun("data"))
        self.environments = Collection(self, noun("environment"))
        self.computes = Computes(self, noun("compute"))
        self.jobs = Jobs(self, noun("job"))
        self.models = Files(self, noun("model"))
        self.components = Collection(self, noun("component"))
        self.schedules = Schedules(self, noun("schedule"))
        self.online_endpoints = OnlineEndpoints(self, noun("online-endpoint"))
        self.online_deployments = OnlineDeployments(self, noun("online-deployment"))
        self.batch_endpoints = BatchEndpoints(self, noun("batch-endpoint"))
        self.batch_deployments = BatchDeployments(self, noun("batch-deployment"))
        self.published_pipelines = PublishedPipelines(self, noun("published-pipeline"))
        self.connections = Collection(self, noun("connection"))
        self.datastores = Collection(self, noun("datastore"))
        self.codes = Collection(self, noun("code"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def collection(self, word: str) -> Collection:
        """The collection of a noun, by the noun's word."""
        name = noun(word).collection or "workspaces"
        return getattr(self, re.sub("([A-Z])", r"_\1", name).lower())

    @cached_property
    def scope(self) -> Scope:
        """The workspace meant; where none was chosen, the only one of the resource group, or of all groups.

        Raises :class:`InvalidInput` with those that could be meant.
        """
        if self.profile.workspace:
            return self.profile.scope()
        there = [(found["name"], found["resource_group"]) for found in self.workspaces.everywhere()]
        within = [(name, group) for name, group in there if group == self.profile.resource_group]
        meant = within if within or self.profile.is_group_chosen else there
        if len(meant) == 1:
            name, group = meant[0]
            self.profile = replace(self.profile, resource_group=group)
            return self.profile.scope(name)
        if not there:
            return self.profile.scope()
        known = ", ".join(f"{name} (in {group})" for name, group in there[:_ENOUGH])
        raise InvalidInput(
            "No workspace is chosen.",
            target="workspace",
            mend=f"Say -w NAME -g GROUP, or keep it with 'lazuli configure --defaults workspace=NAME group=GROUP'. "
            f"Here are: {known}.",
        )

    def on(self, workspace: str) -> Client:
        """The same server and connection, for another workspace."""
        return Client(replace(self.profile, workspace=workspace), http=self.http, progress=self._progress)

    @cached_property
    def storage(self) -> Storage:
        """The storage of the workspace."""
        return Storage(self.http, self.scope, self._progress)

    # --- what a document's local parts need (see lazuli.client.localise) ----------------------------------------

    def upload(self, snapshot: Snapshot) -> str:
        """Where the snapshot lies in the workspace's storage, uploaded unless it was already."""
        return self.storage.upload(snapshot)

    def upload_code(self, snapshot: Snapshot) -> str:
        """The id of the code asset with this content."""
        return self.storage.upload_code(snapshot)

    def keep_environment(self, environment: Environment) -> str:
        """The id of the environment, made unless it is there already."""
        return self.environments.create(environment)["id"]

    def keep_model(self, model: Model) -> str:
        """The id of the model, made unless it is there already."""
        return self.models.create(model)["id"]

    def keep_component(self, component: Component) -> str:
        """The id of the component, made unless it is there already."""
        return self.components.create(component)["id"]
