"""Settings: every limit and place, read from variables with the prefix SWARMGRAPH_ and the usual NEO4J_ ones."""

import difflib
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from graph_api.kernel.errors import SettingsError
from graph_api.ops.knowledge_settings import KnowledgeSettings, Positive, PositiveFloat

PREFIX: Final = "SWARMGRAPH_"
TEST_ONLY: Final = frozenset({"SWARMGRAPH_DATA"})
SIGNING_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Those by which only the owner of a private key can sign; `none` and shared secrets are no choice."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_ALL_LISTED: Final = "docs/settings.md lists all settings."


class Settings(KnowledgeSettings):
    """All settings with their defaults; a name ends in its unit."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    neo4j_uri: str | None = Field(
        default=None, validation_alias="NEO4J_URI", description="Server to use instead of the managed one."
    )
    neo4j_username: str = Field(default="neo4j", validation_alias="NEO4J_USERNAME", description="User of that server.")
    neo4j_password: SecretStr | None = Field(
        default=None, validation_alias="NEO4J_PASSWORD", description="Password of that user."
    )
    neo4j_database: str = Field(
        default="neo4j", validation_alias="NEO4J_DATABASE", description="Database on that server."
    )

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("swarmgraph"),
        description="Folder of the managed server, its password, the local token, snapshots and logs.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path("swarmgraph"),
        description="Folder of the downloaded server jars, shared by all data folders.",
    )
    bolt_port: int = Field(
        default=0, ge=0, le=65535, description="Bolt port of the managed server; 0 takes a free one."
    )
    heap_mebibytes: Positive = Field(default=1024, description="Largest Java heap of the managed server, MiB.")
    page_cache_mebibytes: Positive = Field(default=512, description="Page cache of the managed server, MiB.")
    server_jvm_additional: str = Field(
        default="", description="More options for the managed server's Java, separated by blanks."
    )
    server_start_seconds: PositiveFloat = Field(default=120.0, description="Longest wait for the managed server, s.")
    server_install_seconds: PositiveFloat = Field(default=1800.0, description="Longest wait for the jars' download, s.")
    server_stop_seconds: PositiveFloat = Field(
        default=60.0, description="Time the managed server gets to end before it is killed, s."
    )
    server_linger_seconds: float = Field(
        default=1.0, ge=0, description="Time the managed server waits for another client after the last one left, s."
    )

    host: str = Field(default="127.0.0.1", description="Address the API binds to.")
    port: int = Field(default=8020, ge=0, le=65535, description="Port of the API; 0 takes a free one.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Log lines from this level on go to the error stream: DEBUG, INFO, WARNING, ERROR."
    )

    transaction_seconds: PositiveFloat = Field(default=10.0, description="Longest Neo4j transaction, s.")
    mutation_seconds: PositiveFloat = Field(default=5.0, description="Longest wait of a mutation, s.")
    revision_wait_seconds: PositiveFloat = Field(default=2.0, description="Longest wait of a read for its revision, s.")
    staleness_max_ms: Positive = Field(
        default=1000, description="Age of the last successful tail at which guarded reads stop, ms."
    )
    tail_ms: Positive = Field(default=20, description="Pause between two looks at the log, ms.")
    tail_idle_ms: Positive = Field(default=50, description="The same when nothing happened for a second, ms.")
    changes_a_commit_max: Positive = Field(default=1000, description="Changes at which a group commit is closed.")
    changes_a_command_max: Positive = Field(default=20000, description="Changes one command may make.")
    commands_waiting_max: Positive = Field(
        default=10_000, description="Commands waiting to be committed; more are refused."
    )
    idempotency_days: Positive = Field(default=7, description="Days an idempotency key is remembered.")
    idempotency_key_max_characters: Positive = Field(default=200, description="Longest idempotency key, characters.")
    snapshot_commits: Positive = Field(default=2000, description="Commits after which a snapshot is written.")
    background_commit_seconds: PositiveFloat = Field(
        default=60.0, description="Longest wait for a commit of an import or a reaction, s."
    )
    warm_up_seconds: PositiveFloat = Field(
        default=20.0, description="Longest warm-up of a cold database before readiness, s."
    )
    import_chunk_changes: Positive = Field(default=2000, description="Changes of an import that are committed at once.")
    import_cell_max_bytes: Positive = Field(default=1_000_000, description="Largest cell of an imported file, bytes.")
    import_file_max_bytes: Positive = Field(default=1_000_000_000, description="Largest imported file, bytes.")
    import_faults_listed_max: Positive = Field(
        default=100, description="Errors and warnings of an import that its report lists; it counts all."
    )
    import_lease_seconds: PositiveFloat = Field(
        default=60.0, description="Silence after which another machine's open import is undone, s."
    )

    page_default_rows: Positive = Field(default=50, description="Rows of a page where none is asked.")
    page_max_rows: Positive = Field(default=200, description="Most rows of a page.")
    entities_a_request_max: Positive = Field(default=1000, description="Most entities saved by one request.")
    tuples_a_request_max: Positive = Field(
        default=1000, description="Most permission tuples that one request adds, removes or presumes."
    )
    checks_a_request_max: Positive = Field(
        default=1000, description="Most checks that one request makes, whichever fields ask for them."
    )
    tuples_scanned_max: Positive = Field(
        default=100_000,
        description="Most permission tuples of a graph that is looked through where neither user nor object is named.",
    )
    preview_places_max: Positive = Field(
        default=20_000, description="Most relations of objects that one preview of permissions compares."
    )
    permission_revisions_kept_max: Positive = Field(
        default=10_000, description="Revisions from which a stream of permissions can be resumed."
    )
    permission_changes_kept_max: Positive = Field(
        default=50_000, description="Changes of permission tuples kept for that; of a revision with more none are."
    )
    access_watches_max: Positive = Field(
        default=1000, description="Subscribers that watch access on one replica; more are refused."
    )
    access_comparisons_a_commit_max: Positive = Field(
        default=5000,
        description="Changes of tuples and accesses compared at one commit for all who watch access; those whose part "
        "does not fit are told to list again.",
    )
    access_comparisons_a_resumption_max: Positive = Field(
        default=5000,
        description="The same for one who resumes a stream of access, over all revisions since; else REVISION_GONE.",
    )
    history_seconds: Positive = Field(
        default=60, description="Longest time to read the log for an answer about the past, seconds."
    )
    list_entries_max: Positive = Field(
        default=500, description="Most entries of one list of a saved entity, such as its aliases or absences."
    )
    body_max_bytes: Positive = Field(default=1_000_000, description="Largest request body, bytes.")
    query_depth_max: Positive = Field(default=12, description="Deepest query, levels.")
    query_fields_max: Positive = Field(
        default=2000, description="Most fields of one operation, each use of a fragment counted."
    )
    variable_entries_max: Positive = Field(
        default=20_000,
        description="Most entries of lists in the variables of one request, each counted as often as it is used.",
    )
    query_tokens_max: Positive = Field(default=2000, description="Longest query, tokens.")
    answer_rows_max: Positive = Field(default=20_000, description="Most rows of all lists of one answer.")
    sockets_max: Positive = Field(default=1000, description="WebSockets open at once; more are refused.")
    socket_operations_max: Positive = Field(
        default=100, description="Operations under way on one WebSocket, subscriptions among them; more are refused."
    )
    socket_init_seconds: PositiveFloat = Field(
        default=10.0, description="Longest wait for the token on a new WebSocket, s."
    )
    keep_alive_seconds: Positive = Field(
        default=75,
        description="How long a connection without a request stays open; longer than clients keep theirs, or a request "
        "may meet its closing.",
    )
    socket_ping_seconds: PositiveFloat = Field(
        default=20.0, description="Pause between two pings of a WebSocket, and the longest wait for each answer, s."
    )
    subscription_queue_max: Positive = Field(
        default=1000, description="Messages waiting for one subscriber; of more it is told to list again."
    )
    subscription_changes_max: Positive = Field(
        default=5000,
        description="Changes waiting for one subscriber or told at once; of more it is told to list again.",
    )
    subscription_silence_seconds: PositiveFloat = Field(
        default=30.0, description="Silence after which a subscriber is told the newest revision, s."
    )
    host_names: str = Field(
        default="", description="Further names under which the API may be asked, separated by commas."
    )
    jwt_issuer: str | None = Field(
        default=None, description="Issuer of signed tokens (JWT) that are let in, as their `iss` names it."
    )
    jwt_audience: str | None = Field(default=None, description="What their `aud` has to name: this service.")
    jwt_jwks_url: str | None = Field(
        default=None, description="Where the issuer publishes its public keys (JWKS), an https address."
    )
    jwt_jwks_file: Path | None = Field(default=None, description="The same as a file, in place of the address.")
    jwt_algorithms: str = Field(
        default="RS256,PS256,ES256,EdDSA",
        description="Algorithms by which tokens may be signed, separated by commas; never `none` or a shared secret.",
    )
    jwt_subject_claim: str = Field(
        default="sub",
        min_length=1,
        description="Claim that holds who somebody is: an id such as `person:ada`, `contact:…` or `integration:…`.",
    )
    jwt_leeway_seconds: float = Field(
        default=30.0, ge=0, description="Difference of clocks that is allowed for with signed tokens, s."
    )
    jwt_fetch_seconds: PositiveFloat = Field(default=5.0, description="Longest time to fetch the issuer's keys, s.")
    jwt_keys_seconds: PositiveFloat = Field(
        default=300.0, description="Age at which the issuer's keys are fetched anew, s."
    )
    jwt_keys_max_seconds: PositiveFloat = Field(
        default=3600.0, description="Age up to which they serve while the issuer cannot be reached, s."
    )
    jwt_refetch_seconds: PositiveFloat = Field(
        default=10.0, description="Pause between two fetches for a key that is unknown, or after one that failed, s."
    )
    solves_max: Positive = Field(default=16, description="Assemblies solving or waiting; more are refused.")
    solver_processes: Positive = Field(
        default=2, description="Processes that solve assemblies, and threads that search."
    )
    reorganization_policy: Literal["off", "propose", "apply"] = Field(
        default="propose",
        description="What comes of a task for which it pays to move people: nothing, a proposal, or the move itself.",
    )
    reorganization_currency: str = Field(
        default="CNY", pattern="^[A-Z]{3}$", description="The currency in which moves are reckoned, ISO 4217."
    )
    reorganization_handover_days: float = Field(
        default=2.0, ge=0, allow_inf_nan=False, description="Days of the mover's day rate that a hand-over costs."
    )
    reorganization_threshold: Decimal = Field(
        default=Decimal(0),
        ge=0,
        allow_inf_nan=False,
        description="Gain that a reorganisation must exceed, in that currency.",
    )
    reorganization_seconds: PositiveFloat = Field(
        default=10.0, description="Longest time to evaluate whether people should be moved to a task, s."
    )
    reorganization_wait_ms: Positive = Field(
        default=1000, description="Longest wait of `TaskUpdated.reorganization` for what is found, ms."
    )
    explanation_seconds: PositiveFloat = Field(
        default=5.0, description="Longest time that the explanations of one proposal take altogether, s."
    )
    deadline_max_ms: Positive = Field(default=60_000, description="Longest deadline a proposal may ask for, ms.")
    alternatives_max: Positive = Field(default=20, description="Most alternatives a proposal may ask for.")

    swarm_days_default: Positive = Field(
        default=14, description="Length of a swarm whose demand and task give no days."
    )
    overdue_reminder_days: Positive = Field(
        default=7, description="Days between two reminders of a swarm that works after its last day."
    )
    load_base_points: int = Field(default=200, ge=0, description="A of the load term A(a^l - 1), milli-points.")
    load_growth: PositiveFloat = Field(default=1.5, description="a of the load term A(a^l - 1).")
    collaboration_points: int = Field(
        default=200, ge=0, description="Beta, the worth of a full tie of two members, milli-points."
    )
    dispatch_skills_max: Positive = Field(
        default=50, description="Most skills of one answer about tides, free capacity or the gap between them."
    )
    dispatch_weeks_max: Positive = Field(default=52, description="Most weeks of such an answer, ahead or back.")
    fairness_pairs_max: Positive = Field(
        default=2_000_000,
        description="Pairs of a role and a holder up to which the least load is found by flow, else by averages.",
    )

    @property
    def jwt_algorithms_allowed(self) -> frozenset[str]:
        """The algorithms by which tokens may be signed."""
        return frozenset(name.strip() for name in self.jwt_algorithms.split(",") if name.strip())


def load_settings(**overrides: object) -> Settings:
    """Read the settings; raises SettingsError for an unknown or unusable one, never silently ignores it."""
    _refuse_unknown(os.environ)
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)  # pyright: ignore[reportArgumentType]  # pydantic validates the overrides
    except ValidationError as fault:
        raise SettingsError(_sentence(fault), suggestion=_ALL_LISTED) from fault
    if fault := _jwt_fault(settings):
        name, message = fault
        raise SettingsError(f"{variable_of(name)}: {message}", suggestion=_ALL_LISTED, place=(variable_of(name),))
    return settings


def _jwt_fault(settings: Settings) -> tuple[str, str] | None:
    """Return the setting of signed tokens that cannot be used, and why; whatever is half set lets nobody in."""
    unknown = sorted(settings.jwt_algorithms_allowed - SIGNING_ALGORITHMS)
    if unknown or not settings.jwt_algorithms_allowed:
        named = f"{unknown[0]!r} is none of" if unknown else "none is named of"
        return "jwt_algorithms", f"{named} {', '.join(sorted(SIGNING_ALGORITHMS))}."
    places = [name for name in ("jwt_jwks_url", "jwt_jwks_file") if getattr(settings, name) is not None]
    needed = ("jwt_issuer", "jwt_audience", places[0] if places else "jwt_jwks_url")
    lacking = [name for name in needed if getattr(settings, name) in (None, "")]
    if lacking and len(lacking) < len(needed):
        return lacking[0], "it is missing, and signed tokens cannot be checked without it."
    if len(places) > 1:
        return places[1], f"{variable_of(places[0])} is set as well; give one of the two."
    if settings.jwt_jwks_url is not None and not _is_trustworthy(settings.jwt_jwks_url):
        return "jwt_jwks_url", "it is no https address; http is taken on this very machine only."
    return None


def _is_trustworthy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.scheme == "https" or _is_local(parts.scheme, parts.hostname))
    except ValueError:
        return False


def _is_local(scheme: str, host: str | None) -> bool:
    return scheme == "http" and host in _LOOPBACK


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else PREFIX + name.upper()


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {variable_of(name) for name in Settings.model_fields} | TEST_ONLY
    for variable in environment:
        if variable.startswith(PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable, known, n=1)
            nearest = f"Did you mean {near[0]}? " if near else ""
            raise SettingsError(
                f"There is no setting {variable}.",
                suggestion=f"{nearest}{_ALL_LISTED}",
                place=(variable,),
            )


def _sentence(fault: ValidationError) -> str:
    problems = (f"{_named(error['loc'])}: {error['msg']}" for error in fault.errors(include_input=False))
    return "A setting cannot be used: " + "; ".join(problems) + "."


def _named(place: tuple[int | str, ...]) -> str:
    name = ".".join(map(str, place))
    return variable_of(name) if name in Settings.model_fields else name
