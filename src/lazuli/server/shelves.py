"""The shelf of every noun of the table."""

from __future__ import annotations

from dataclasses import dataclass

from lazuli.assets.components import Components
from lazuli.assets.datastores import Datastores
from lazuli.assets.kinds import Codes, DataAssets, Environments, Models
from lazuli.compute.targets import Targets
from lazuli.endpoints.batch import BatchDeployments, BatchEndpoints
from lazuli.endpoints.online import OnlineDeployments, OnlineEndpoints
from lazuli.jobs.published import PublishedPipelines
from lazuli.jobs.schedules import Schedules
from lazuli.jobs.submit import Jobs
from lazuli.shelves.shelf import Shelf
from lazuli.workspaces.connections import Connections
from lazuli.workspaces.registries import Registries
from lazuli.workspaces.workspaces import Workspaces

__all__ = ["Shelves"]


@dataclass(frozen=True)
class Shelves:
    """What is kept in each workspace, and the workspaces and registries themselves; each also by its noun's word."""

    workspace: Workspaces
    registry: Registries
    data: DataAssets
    environment: Environments
    compute: Targets
    job: Jobs
    model: Models
    component: Components
    datastore: Datastores
    connection: Connections
    schedule: Schedules
    published_pipeline: PublishedPipelines
    online_endpoint: OnlineEndpoints
    online_deployment: OnlineDeployments
    batch_endpoint: BatchEndpoints
    batch_deployment: BatchDeployments
    code: Codes

    def __getitem__(self, word: str) -> Shelf:
        return getattr(self, word.replace("-", "_"))
