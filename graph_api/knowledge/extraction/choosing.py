"""Which extractor the settings ask for."""

from urllib.parse import urlsplit

from graph_api.kernel.errors import SettingsError
from graph_api.knowledge.extraction.drafting import DraftLimits
from graph_api.knowledge.extraction.endpoint import Endpoint, EndpointExtractor
from graph_api.knowledge.extraction.offline import OfflineExtractor
from graph_api.knowledge.extraction.port import Extractor
from graph_api.ops.settings import Settings, variable_of


def extractor_of(settings: Settings) -> Extractor:
    """Return the extractor of the settings; raises SettingsError where a service is named and cannot be asked."""
    limits = DraftLimits(settings.extraction_source_max_characters, settings.extraction_draft_max_characters)
    offline = OfflineExtractor(limits)
    if settings.extraction_url is None:
        return offline
    if not settings.extraction_model:
        raise _unusable("extraction_model", "it is missing, and the service for drafts cannot be asked without it.")
    if settings.extraction_seconds > settings.background_commit_seconds / 2:
        most = f"half of {variable_of('background_commit_seconds')}"
        raise _unusable("extraction_seconds", f"it is more than {most}, the time in which drafts have to be made.")
    endpoint = Endpoint(
        url=_address(settings.extraction_url),
        model=settings.extraction_model,
        token=_token(settings),
        seconds=settings.extraction_seconds,
        pause_seconds=settings.extraction_pause_seconds,
        answer_bytes=settings.extraction_answer_max_bytes,
    )
    return EndpointExtractor(endpoint, limits, offline)


def _address(url: str) -> str:
    try:
        _ = urlsplit(url).port
    except ValueError as fault:
        raise _unusable("extraction_url", "it is no address.") from fault
    return url


def _token(settings: Settings) -> str | None:
    """Return the token, which must be one word of plain letters, as it goes into a header."""
    name, token = _given(settings)
    if token is not None and not (token.isascii() and token.isprintable() and token.split() == [token]):
        raise _unusable(name, "it holds no token: one word of plain letters.")
    return token


def _given(settings: Settings) -> tuple[str, str | None]:
    kept, path = settings.extraction_token, settings.extraction_token_file
    if path is None:
        return "extraction_token", kept.get_secret_value() if kept else None
    if kept is not None:
        raise _unusable("extraction_token_file", "a token is set as well; give one of the two.")
    try:
        return "extraction_token_file", path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as fault:
        raise _unusable("extraction_token_file", f"it cannot be read ({type(fault).__name__}).") from fault


def _unusable(name: str, why: str) -> SettingsError:
    variable = variable_of(name)
    return SettingsError(f"{variable}: {why}", suggestion="docs/settings.md lists all settings.", place=(variable,))
