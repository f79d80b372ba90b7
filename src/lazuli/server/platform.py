"""The platform: every room opened and joined to the others. Wiring only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from lazuli.assets.cache import Cache
from lazuli.assets.components import Components
from lazuli.assets.datastores import Datastores
from lazuli.assets.environments import Contexts
from lazuli.assets.kinds import Codes, DataAssets, Environments, Models
from lazuli.assets.registry import Registry
from lazuli.assets.storage import Storage
from lazuli.assets.stored import StoredFiles
from lazuli.compute import environments as realised
from lazuli.compute.curated import Gallery
from lazuli.compute.engines.local import LocalEngine
from lazuli.compute.nodes import NodeLifecycle
from lazuli.compute.targets import Targets
from lazuli.compute.warm import Warm
from lazuli.endpoints.batch import BatchDeployments, BatchEndpoints, Parts
from lazuli.endpoints.batch_jobs import BatchJobs
from lazuli.endpoints.collected import CARRY_S, Carrier, Collections
from lazuli.endpoints.concerns import endpoint_concerns
from lazuli.endpoints.deploying import DeploymentLifecycle
from lazuli.endpoints.keys import EndpointKeys
from lazuli.endpoints.leaving import Leaving
from lazuli.endpoints.lifecycle import EndpointLifecycle
from lazuli.endpoints.made import Assets
from lazuli.endpoints.online import OnlineDeployments, OnlineEndpoints, keys_of
from lazuli.endpoints.packages.registered import RegisteredPackages
from lazuli.endpoints.plain import PlainModels
from lazuli.endpoints.plan import Serving
from lazuli.jobs.alarm import ScheduleLifecycle
from lazuli.jobs.changes import Changes
from lazuli.jobs.charts import Charts
from lazuli.jobs.code import CodeSources
from lazuli.jobs.commands import Commands
from lazuli.jobs.ending import held_back
from lazuli.jobs.environment import JobEnvironments, Made
from lazuli.jobs.files import Files
from lazuli.jobs.finish import Finisher
from lazuli.jobs.firings import Firings
from lazuli.jobs.granted import Granted
from lazuli.jobs.growing import Growing
from lazuli.jobs.kinds import Lifecycles
from lazuli.jobs.lifecycle import JobLifecycle
from lazuli.jobs.line import Line
from lazuli.jobs.lineage import Lineage
from lazuli.jobs.logs import Account, Logs
from lazuli.jobs.outputs import Outputs
from lazuli.jobs.overview import Overview, environment_concerns
from lazuli.jobs.pinning import Pinning
from lazuli.jobs.pipeline.diary import EXECUTION_LOG, Diaries
from lazuli.jobs.pipeline.lifecycle import Known, PipelineLifecycle
from lazuli.jobs.pipeline.picture import Pictures
from lazuli.jobs.pipeline.reuse import Reuse, digests_of
from lazuli.jobs.pipeline.steps import StepJobs
from lazuli.jobs.pipeline.submit import Pipelines
from lazuli.jobs.plan import Planner, Reach
from lazuli.jobs.preempt import Preemption
from lazuli.jobs.published import PublishedPipelines
from lazuli.jobs.queue import Queue
from lazuli.jobs.queued import Queued
from lazuli.jobs.samples import Samples
from lazuli.jobs.schedules import Schedules
from lazuli.jobs.search import Search
from lazuli.jobs.submit import Jobs
from lazuli.jobs.sweep.diary import LOG
from lazuli.jobs.sweep.earlier import Earlier
from lazuli.jobs.sweep.functions import FunctionSweeps
from lazuli.jobs.sweep.known import Memory
from lazuli.jobs.sweep.lifecycle import SweepLifecycle
from lazuli.jobs.sweep.submit import Sweeps
from lazuli.jobs.sweep.trials import Trials
from lazuli.jobs.table.rows import JobTable
from lazuli.jobs.transfers import Transfers
from lazuli.jobs.transitions import ACTIVE
from lazuli.jobs.usage import Usage
from lazuli.jobs.watch import Watch
from lazuli.resources.job import JobType
from lazuli.schema.places import ARTIFACTS
from lazuli.schema.problems import Conflict
from lazuli.server.arm import arm_routes
from lazuli.server.batch import batch_routes
from lazuli.server.blobs import blob_routes
from lazuli.server.bulletin import bulletin_routes
from lazuli.server.charts import chart_routes
from lazuli.server.chores import Chores
from lazuli.server.compute import compute_routes
from lazuli.server.deployments import deployment_routes
from lazuli.server.discovery import discovery_routes
from lazuli.server.endpoints import endpoint_routes
from lazuli.server.environments import environment_routes
from lazuli.server.files import file_tree_routes
from lazuli.server.functions import function_routes
from lazuli.server.history import history_routes
from lazuli.server.insights import insights_routes
from lazuli.server.job_files import job_file_routes
from lazuli.server.job_table import job_table_routes
from lazuli.server.journal import journal_routes
from lazuli.server.lineage import lineage_routes
from lazuli.server.looks import look_routes
from lazuli.server.mlflow import mlflow_routes
from lazuli.server.openapi import with_description
from lazuli.server.packages import package_routes
from lazuli.server.pages import page_routes
from lazuli.server.pipelines import pipeline_routes
from lazuli.server.published import published_routes
from lazuli.server.registries import registry_routes
from lazuli.server.routes import Route
from lazuli.server.samples import sample_routes
from lazuli.server.schemas import schema_routes
from lazuli.server.scoring import scoring_routes
from lazuli.server.sessions import session_routes
from lazuli.server.shelves import Shelves
from lazuli.server.shown import shown_routes
from lazuli.server.stream import stream_routes
from lazuli.server.studio import studio_routes
from lazuli.server.sweeps import sweep_routes
from lazuli.server.tickets import Tickets
from lazuli.server.vault import vault_routes
from lazuli.server.welcome import not_built, welcome_routes
from lazuli.shelves.shelf import find_workspace, known_workspace
from lazuli.store.clock import Clock, monotonic_clock, system_clock
from lazuli.store.documents import Record, Selection
from lazuli.store.opened import Store, open_store
from lazuli.store.reconciler import Reconciler
from lazuli.store.settings import Settings
from lazuli.tracking import Tracking, open_tracking
from lazuli.workspaces.access import Access
from lazuli.workspaces.connections import Connections
from lazuli.workspaces.images import Images
from lazuli.workspaces.insights import Insights, Watched
from lazuli.workspaces.registries import Registries
from lazuli.workspaces.vault import Vault
from lazuli.workspaces.views import Views
from lazuli.workspaces.workspaces import Workspaces, workspace_id

__all__ = ["Platform", "open_platform"]

_NOTE_S = 60.0
"""How often it is written down who was here: a killed server forgets no more of that."""
_PREPARE_S = 1.0
"""How long after a start it begins to prepare for those who look at much: they come later than the start is over."""


@dataclass(frozen=True)
class Platform:
    """The rooms of one server, joined."""

    store: Store
    access: Access
    shelves: Shelves
    storage: Storage
    tracking: Tracking
    logs: Logs
    engine: LocalEngine
    environments: realised.Environments
    made: Made
    job_environments: JobEnvironments
    warm: Warm
    reconciler: Reconciler
    vault: Vault
    insights: Insights
    transfers: Transfers
    growing: Growing
    chores: Chores
    carrying: Chores
    noting: Chores
    preparing: Chores
    pictures: Pictures
    preemption: Preemption
    trials: Trials
    functions: FunctionSweeps
    batch: BatchJobs
    job_table: JobTable
    overview: Overview
    queued: Queued

    def routes(self) -> list[Route]:
        """Every route of every door."""
        shelves, models = self.shelves, self.tracking.models
        registry = Registry(shelves.model, self.storage, lambda s, id: models.get(s, id).artifact_uri)
        tickets, spool = Tickets(self.store), self.store.settings.data_dir / "uploads"
        stored, sessions = StoredFiles(self.store, self.storage), self.access.sessions
        routes = [
            *welcome_routes(),
            *page_routes(not_built),
            *session_routes(self.access),
            *shown_routes(self.storage, stored, self.store.blobs, self.tracking.runs, sessions, tickets, spool),
            *package_routes(
                RegisteredPackages(
                    shelves.model,
                    shelves.code,
                    shelves.environment,
                    self.made,
                    self.storage,
                    self.store.blobs,
                    self.environments,
                ),
                sessions,
                tickets,
            ),
            *schema_routes(),
            *discovery_routes(self.access),
            *arm_routes(shelves, self.storage),
            *registry_routes(shelves, self.storage),
            *deployment_routes(shelves.workspace, self.store.settings.subscription),
            *function_routes(shelves.job, self.functions),
            *stream_routes(shelves.job, self.logs, self.tracking, self.job_environments),
            *environment_routes(shelves.environment, self.made),
            *history_routes(shelves.job, shelves.data, shelves.model, self.storage, self.logs, tickets),
            *mlflow_routes(self.tracking, registry, shelves.job.above),
            *blob_routes(
                self.store.blobs,
                self.storage.key_of,
                self.store.clock,
                lambda container: shelves.code.is_sealed(container) or self.storage.is_sealed(container),
                self.access.check_everywhere,
            ),
            *job_table_routes(self.job_table, self.tracking.experiments),
            *job_file_routes(shelves),
            *look_routes(shelves.data, shelves.datastore, shelves.model, self.storage, stored),
            *studio_routes(Search(self.store, self.job_table), self.overview, Views(self.store)),
            *bulletin_routes(self.store),
            *chart_routes(self.tracking.metrics, Charts(shelves.job, self.tracking.runs, self.storage)),
            *file_tree_routes(Files(shelves.job, shelves.code, self.storage, self.logs, Outputs(self.store))),
            *journal_routes(shelves.job),
            *sweep_routes(self.trials),
            *sample_routes(Samples(shelves.job, shelves.data, shelves.code)),
            *pipeline_routes(self.pictures),
            *lineage_routes(Lineage(self.store, self.tracking.runs, {"environments": self.made.locked})),
            *published_routes(shelves.published_pipeline),
            *scoring_routes(shelves.online_endpoint),
            *endpoint_routes(shelves.online_endpoint, shelves.online_deployment),
            *batch_routes(self.batch, shelves.job),
            *vault_routes(self.vault),
            *insights_routes(self.insights),
            *compute_routes(shelves.compute, self.preemption, Usage(self.store, shelves.compute), self.queued),
        ]
        return with_description(routes)

    def start(self) -> None:
        """Begin to move what takes time, from where a former server left it."""
        self.insights.start()
        self.store.blobs.recover()
        self.shelves.workspace.resume(self.access.admin())
        self.shelves.registry.resume(self.access.admin())
        self._clear_orphans()
        self.environments.resume()
        self.shelves.compute.settle()
        self.reconciler.start(alone=True)  # open_store has made sure of it
        self.chores.start()
        self.carrying.start()
        self.noting.start()
        self.preparing.start()

    def _clear_orphans(self) -> None:
        """Work of jobs that are at an end, or gone: stopped, and forgotten once it is over."""
        with self.store.state.read() as tx:
            active = self.store.documents.select(tx, Selection(None, "jobs", statuses=tuple(ACTIVE), limit=1_000_000))
            held = held_back(tx)
            served = [
                record
                for kind in ("onlineEndpoints", "onlineDeployments")
                for record in self.store.documents.select(tx, Selection(None, kind, limit=1_000_000))
            ]
        known = held.union(str(record.state["key"]) for record in active if record.state.get("key"))
        known |= {key for record in served for key in keys_of(record)}
        for key in self.engine.orphans({*known, *self.environments.keys(), *self.warm.keys()}):
            if self.engine.look(key).over:
                self.engine.forget(key)
            else:
                self.engine.stop(key)

    def stop(self) -> None:
        """End; jobs go on and are found again at the next start."""
        self.reconciler.stop()
        self.warm.close()
        self.environments.close()
        self.transfers.close()
        self.growing.close()
        self.chores.stop()
        self.carrying.stop()
        self.noting.stop()
        self.preparing.stop()
        self.access.note_uses()
        self.insights.stop()
        self.store.close()


def open_platform(settings: Settings, clock: Clock = system_clock) -> Platform:
    """Open every room in the data folder of ``settings``. A clock that is handed in is what everything goes by."""
    store = open_store(settings, clock)
    timer = monotonic_clock if clock is system_clock else clock
    reconciler = Reconciler(store.state, store.documents, workers=settings.workers, clock=clock, timer=timer)
    watch, line = Watch(reconciler.wake), Line()
    engine = LocalEngine(settings.data_dir / "work")
    leaving = Leaving(engine)

    def ended(key: str) -> None:
        watch.ended(key)
        leaving.ended(key)

    engine.on_exit = ended
    built = realised.Environments(settings.data_dir / "environments", engine, sources=settings.package_sources)
    storage = Storage(store, Outputs(store).path)
    tracking = _tracking(store, storage)
    access, vault, insights = Access(store), Vault(store), _insights(store)
    connections = Connections(store)
    contexts = Contexts(storage, store.blobs)
    made = Made(contexts, built)
    codes, data, models = Codes(store, storage), DataAssets(store, storage), Models(store, storage)
    environments = Environments(store, contexts, Gallery(), made.facts)
    targets = Targets(store, reconciler, line)
    queue = Queue(line, targets)
    granted = Granted(vault)
    cache = Cache(storage, store.blobs, settings.data_dir / "fetching")
    pinning = Pinning(
        storage=storage,
        data=data,
        models=models,
        environments=environments,
        codes=codes,
        granted=granted,
        sources=CodeSources(store, storage, codes, cache),
    )
    jobs = Jobs(store, queue=queue, runs=tracking.runs, reconciler=reconciler)
    job_environments = JobEnvironments(store, storage, environments, made, built)
    kind = Commands(store, pinning, targets, job_environments.check)
    sweeps = Memory(store, tracking.metrics, reconciler.wake)
    earlier = Earlier(store, sweeps, tracking.metrics)
    jobs.kinds |= {JobType.COMMAND: kind, JobType.SWEEP: Sweeps(kind, earlier, clock)}
    warm = Warm(engine, settings.warm_pythons)
    transfers = Transfers(storage, cache, pinning, reconciler.wake)
    growing = Growing(store, storage, vault.masks)
    finisher = Finisher(store, storage, data, models, vault.masks)
    commands = JobLifecycle(
        store,
        engine=engine,
        environments=job_environments,
        queue=queue,
        planner=Planner(store, storage, pinning, _reach(store, access, tracking), warm, granted),
        finisher=finisher,
        transfers=transfers,
        growing=growing,
        watch=watch,
    )
    functions = FunctionSweeps(store, jobs, tracking, sweeps, earlier)
    searches = SweepLifecycle(
        store, jobs, sweeps, earlier, tracking.runs, pinning, storage, finisher.register, functions
    )
    components = Components(store, environments, codes)
    jobs.kinds[JobType.PIPELINE] = Pipelines(components, pinning, targets)
    reuse = Reuse(store, storage, codes)
    steps, known = StepJobs(components, storage), Known(components)
    diaries = Diaries(store, storage, known)
    pipelines = PipelineLifecycle(store, jobs, known, Outputs(store), reuse, steps, finisher.register, diaries.keep)
    lifecycle = Lifecycles(
        store,
        tracking.runs,
        {JobType.COMMAND: commands, JobType.SWEEP: searches, JobType.PIPELINE: pipelines},
        written=lambda record: digests_of(storage, record),
    )
    logs = Logs(store, storage, engine, vault.masks)
    logs.accounts[JobType.SWEEP] = Account(LOG, lambda record: sweeps.of(record).log(record))
    logs.accounts[JobType.PIPELINE] = Account(EXECUTION_LOG, diaries.log)
    reconciler.move("jobs", Watched(lifecycle, insights))
    published = PublishedPipelines(store, jobs, components)
    firings, changes = Firings(store, jobs, published), Changes(storage, store.blobs)
    reconciler.move("schedules", ScheduleLifecycle(store, firings, changes))
    reconciler.move("nodes", NodeLifecycle(store, targets.rows, line, queue.next))
    endpoint_keys = EndpointKeys(store.secrets)
    looked_after = (store, reconciler, engine, watch, leaving)
    plain = PlainModels(store, storage)
    collections = Collections(store, storage, data)
    serving = Serving(store, storage, models, codes, job_environments, plain, collections)
    reconciler.move("onlineEndpoints", EndpointLifecycle(*looked_after, keys=endpoint_keys, collections=collections))
    reconciler.move("onlineDeployments", DeploymentLifecycle(*looked_after, serving=serving))
    parts = Parts(
        Assets(models, codes, environments, PlainModels(store, storage, in_jobs=True)), components, targets, pinning
    )
    job_table = JobTable(jobs, tracking)
    batch_endpoints, batch_deployments = BatchEndpoints(store), BatchDeployments(store, parts)
    return Platform(
        store=store,
        access=access,
        shelves=Shelves(
            workspace=_workspaces(store, storage, tracking, vault, insights, connections),
            registry=_registries(store, storage),
            data=data,
            environment=environments,
            compute=targets,
            job=jobs,
            model=models,
            component=components,
            datastore=Datastores(store, storage),
            connection=connections,
            schedule=Schedules(store, reconciler, firings, changes),
            published_pipeline=published,
            online_endpoint=OnlineEndpoints(store, reconciler, endpoint_keys, leaving, engine),
            online_deployment=OnlineDeployments(
                store, reconciler, Assets(models, codes, environments, plain), collections, engine
            ),
            batch_endpoint=batch_endpoints,
            batch_deployment=batch_deployments,
            code=codes,
        ),
        storage=storage,
        tracking=tracking,
        logs=logs,
        engine=engine,
        environments=built,
        made=made,
        job_environments=job_environments,
        warm=warm,
        reconciler=reconciler,
        vault=vault,
        insights=insights,
        transfers=transfers,
        growing=growing,
        chores=Chores([store.blobs.collect_garbage]),
        carrying=Chores([Carrier(store, storage).carry], first_s=CARRY_S, every_s=CARRY_S),
        noting=Chores([access.note_uses], first_s=_NOTE_S, every_s=_NOTE_S),
        preparing=Chores([job_table.prepare], first_s=_PREPARE_S, waits=False),
        pictures=Pictures(jobs, known),
        preemption=Preemption(store, targets, reconciler),
        trials=Trials(jobs, sweeps),
        functions=functions,
        batch=BatchJobs(batch_endpoints, batch_deployments, jobs, components, targets),
        job_table=job_table,
        queued=Queued(queue, targets),
        overview=Overview(jobs, endpoint_concerns(store), environment_concerns(store, made.state)),
    )


def _insights(store: Store) -> Insights:
    settings = store.settings
    return Insights(
        settings.data_dir / "insights", store.clock, days=settings.insights_days, megabytes=settings.insights_megabytes
    )


def _tracking(store: Store, storage: Storage) -> Tracking:
    return open_tracking(
        store.state,
        store.points,
        store.blobs,
        lambda scope: storage.container(scope, ARTIFACTS),
        store.clock,
        admit=lambda tx, scope: find_workspace(store, tx, scope),
        datastore=storage.container,
    )


def _workspaces(
    store: Store, storage: Storage, tracking: Tracking, vault: Vault, insights: Insights, connections: Connections
) -> Workspaces:
    workspaces = Workspaces(store)
    workspaces.founding.append(storage.found)
    workspaces.opening.append(storage.open_account)
    workspaces.cascades.append(lambda tx, record: _refuse_while_busy(store, tx, record))
    workspaces.closing.append(storage.close_account)
    workspaces.closing.append(lambda record: tracking.forget(record.id.scope))
    workspaces.closing.append(vault.close)
    workspaces.closing.append(connections.close)
    images = Images(store.settings.data_dir / "registry")
    workspaces.opening.append(images.open)
    workspaces.closing.append(images.close)
    workspaces.closing.append(lambda record: insights.forget(record.id.scope))
    return workspaces


def _registries(store: Store, storage: Storage) -> Registries:
    registries = Registries(store)
    registries.opening.append(storage.open_account)
    registries.cascades.append(lambda tx, record: _refuse_while_used(store, tx, record))
    registries.closing.append(storage.close_account)
    return registries


def _refuse_while_used(store: Store, tx: Connection, registry: Record) -> None:
    """Jobs on their way still read what they name; those that ended keep the name of what they ran with."""
    name = registry.id.scope.workspace
    active = store.documents.select(tx, Selection(None, "jobs", statuses=tuple(ACTIVE), limit=1_000_000))
    used = f"azureml://registries/{name}/".lower()
    if busy := sum(used in json.dumps(dict(record.body)).lower() for record in active):
        raise Conflict(
            f"{busy} jobs on their way use what lies in the registry '{name}'.",
            mend="Cancel them or wait for their end.",
        )


def _refuse_while_busy(store: Store, tx: Connection, workspace: Record) -> None:
    selection = Selection(workspace.id.scope, "jobs", statuses=tuple(ACTIVE))
    if busy := store.documents.count(tx, selection):
        raise Conflict(
            f"The workspace '{workspace.id.scope.workspace}' has {busy} jobs on their way.",
            mend="Cancel them or wait for their end.",
        )
    if answering := store.documents.count(tx, Selection(workspace.id.scope, "onlineEndpoints")):
        raise Conflict(
            f"The workspace '{workspace.id.scope.workspace}' has {answering} online endpoints.",
            mend="Delete them first: 'lazuli online-endpoint delete'.",
        )


def _reach(store: Store, access: Access, tracking: Tracking) -> Callable[[Record], Reach]:
    """How jobs of this machine reach this server, and by which ids they are known there."""
    url = store.settings.plain_url

    def reach(record: Record) -> Reach:
        scope, name = record.id.scope, record.id.name
        workspace = known_workspace(store, scope)
        token = access.job_token(str(record.state["user"]), scope, name, record.created_at)
        return Reach(
            tracking_uri=f"{url}/mlflow/v2.0{scope.path}",
            service_url=url,
            token=token,
            token_ends_at=access.ends_at(token),
            workspace_id=workspace_id(workspace),
            experiment_id=tracking.runs.active_experiment(scope, name),
        )

    return reach
