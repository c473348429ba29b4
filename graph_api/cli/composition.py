"""The composition root of the command line: settings, kinds of records, the server, a replica, the service on it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

import msgspec
import typer

from graph_api.api.auth import LOCAL_ADMINISTRATOR, Gatekeeper, local_token
from graph_api.api.rights import operations
from graph_api.api.service import ApiService
from graph_api.api.signed import signed_tokens
from graph_api.api.tokens import StoredTokens
from graph_api.cli.progress import stages
from graph_api.kernel.records import RecordRegistry
from graph_api.knowledge.departing.model import RECORDS as DEPARTING
from graph_api.knowledge.derived import KNOWLEDGE_RULES
from graph_api.knowledge.experience.extracting import Extracting
from graph_api.knowledge.experience.reminding import REMIND_EXPERIENCE, is_owed_and_due
from graph_api.knowledge.extraction.choosing import extractor_of
from graph_api.knowledge.model import RECORDS as KNOWLEDGE
from graph_api.knowledge.search.stored import StoredTexts
from graph_api.ops.settings import Settings, load_settings
from graph_api.organization.model import ORGANIZATION_ID
from graph_api.organization.model import RECORDS as ORGANIZATION
from graph_api.permission.derived import ORGANIZATION_RULES
from graph_api.permission.guarding import CommandGuard
from graph_api.permission.records import RECORDS as PERMISSION
from graph_api.permission.service import Declared, Permissions, entities_of, open_permissions
from graph_api.permission.tuples import RelationshipTuple
from graph_api.projection.reactions import Reacting
from graph_api.projection.records import RECORDS as PROJECTION
from graph_api.projection.replica import Replica, open_replica
from graph_api.projection.tasks import owned_tasks
from graph_api.store.address import ServerAddress
from graph_api.store.database import Database, open_database
from graph_api.store.managed.client import managed_server
from graph_api.swarm.decisions import REORGANIZE
from graph_api.swarm.derived import SWARM_RULES
from graph_api.swarm.index.searching import IndexedSearch, indexed_search
from graph_api.swarm.life.closing import EXTRACT
from graph_api.swarm.life.reminding import REMIND_SWARMS, Reminder, Reminders, is_overdue_and_due
from graph_api.swarm.model import RECORDS as SWARM
from graph_api.swarm.reorganising.model import RECORDS as REORGANISING
from graph_api.swarm.reorganising.model import ReorganizationPolicy
from graph_api.swarm.reorganising.reacting import Reorganizing
from graph_api.swarm.service import Assembly, rules_of, trigger_on, utc_now
from graph_api.swarm.worker import SolverPool

REGISTRY: Final = RecordRegistry(
    [*ORGANIZATION, *PERMISSION, *SWARM, *REORGANISING, *KNOWLEDGE, *DEPARTING, *PROJECTION]
)
PERMISSION_DECLARED: Final = Declared(
    entities=entities_of(ORGANIZATION, SWARM, REORGANISING, KNOWLEDGE),
    rules=(*ORGANIZATION_RULES, *SWARM_RULES, *KNOWLEDGE_RULES),
    fixed=(RelationshipTuple(LOCAL_ADMINISTRATOR.id, "administrator", ORGANIZATION_ID),),
)


class CommonOptions(msgspec.Struct, frozen=True):
    """Options before the command's name."""

    data_dir: Path | None = None


def settings_of(context: typer.Context) -> Settings:
    """Read the settings, with the common options over them; raises SettingsError."""
    options = context.find_object(CommonOptions) or CommonOptions()
    return load_settings(data_dir=options.data_dir)


@asynccontextmanager
async def open_server(settings: Settings) -> AsyncGenerator[ServerAddress]:
    """Hold the server that the settings name, else the managed one, and show how far its start is."""
    with stages() as progress:
        async with managed_server(settings, progress) as address:
            progress.end()
            yield address


@asynccontextmanager
async def open_site_database(settings: Settings) -> AsyncGenerator[Database]:
    """Connect to the database alone, without loading its state."""
    async with open_server(settings) as address, open_database(address, settings) as database:
        yield database


@asynccontextmanager
async def open_site(
    settings: Settings, *, warm: bool = False, reacting: Mapping[str, Reacting] | None = None
) -> AsyncGenerator[Replica]:
    """Open a replica for the length of one command; a `warm` one has its write path warmed up first."""
    async with (
        open_server(settings) as address,
        open_replica(settings, REGISTRY, address, warm=warm, reacting=reacting) as replica,
    ):
        yield replica


def solver_pool(settings: Settings) -> SolverPool:
    """Return the worker processes of the assembler, which are started and ended by `async with`."""
    return SolverPool(processes=settings.solver_processes, solves_max=settings.solves_max)


def search_on(replica: Replica, settings: Settings) -> AbstractAsyncContextManager[IndexedSearch]:
    """Return the index of a replica's people and what searches in it, for a service that stays."""
    return indexed_search(replica, rules_of(settings), lambda: utc_now().date(), settings.solver_processes)


def service_on(
    replica: Replica,
    permissions: Permissions,
    pool: SolverPool,
    settings: Settings,
    indexed: IndexedSearch | None = None,
) -> ApiService:
    """Give a replica the guard, the assembler and everything else that answers requests."""
    replica.guard_with(CommandGuard(permissions.projection, operations(permissions.core.types)))
    assembly = Assembly(replica, pool, settings, indexed=indexed)
    texts = StoredTexts(replica.database)
    return ApiService(replica, permissions, assembly, settings, gatekeeper_on(replica, settings), texts)


def gatekeeper_on(replica: Replica, settings: Settings) -> Gatekeeper:
    """Let in who brings the local token, one that is kept in the graph, or one of the issuer that the settings name."""
    signed = signed_tokens(replica, settings)
    doors = (StoredTokens(replica), *(() if signed is None else (signed,)))
    return Gatekeeper(local_token(settings.data_dir), doors)


def reminders_of(settings: Settings) -> tuple[Reminder, ...]:
    """Return all that a service reminds of."""
    return (
        Reminder(is_due=is_overdue_and_due, operation=REMIND_SWARMS, every_days=settings.overdue_reminder_days),
        Reminder(is_due=is_owed_and_due, operation=REMIND_EXPERIENCE, every_days=settings.owed_reminder_days),
    )


@asynccontextmanager
async def open_service(
    settings: Settings, *, warm: bool = False, searching: bool = False
) -> AsyncGenerator[ApiService]:
    """Open a replica with all that answers requests; a `warm` one stays, so that an index of people is worth while.

    It also does by itself what commits cause. One that is `searching` has the index ready before anything is asked.
    """
    reorganizing = Reorganizing(ReorganizationPolicy(settings.reorganization_policy), settings.reorganization_seconds)
    extracting = Extracting(extractor_of(settings), settings.extraction_corpus_max_texts, utc_now)
    reacting: Mapping[str, Reacting] = {REORGANIZE: reorganizing, EXTRACT: extracting}
    async with (
        open_site(settings, warm=warm, reacting=reacting if warm else None) as replica,
        open_permissions(replica, PERMISSION_DECLARED, settings) as permissions,
        solver_pool(settings) as pool,
        search_on(replica, settings) if warm or searching else nullcontext() as indexed,
    ):
        service = service_on(replica, permissions, pool, settings, indexed)
        if searching and indexed is not None:
            await indexed.ready()
        if indexed is None or not warm:
            yield service
            return
        reorganizing.begin(trigger_on(replica, indexed, settings))
        reminders = Reminders(replica, reminders_of(settings), utc_now)
        async with owned_tasks(reminders=reminders.run()):
            yield service
