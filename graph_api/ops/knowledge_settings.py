"""Settings of knowledge: experience, drafts, search, flow, loss; `settings.py` reads them with all others."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

Positive = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]


class KnowledgeSettings(BaseSettings):
    """The settings of one room, apart only for their number."""

    experience_body_max_bytes: Positive = Field(
        default=20_000, description="Longest experience or note, bytes of UTF-8."
    )
    notes_a_member_max: Positive = Field(default=200, description="Most notes of one member in one swarm.")
    experiences_a_member_max: Positive = Field(
        default=50, description="Most experiences of one member in one swarm, and as many drafts."
    )
    owed_reminder_days: Positive = Field(
        default=3, description="Days from a swarm's closing to the first reminder of owed experience, and between two."
    )
    search_text_max_characters: Positive = Field(
        default=200, description="Longest text that knowledge is searched for, characters."
    )
    search_words_max: Positive = Field(default=16, description="Most words that knowledge is searched for at once.")
    search_hits_max: Positive = Field(
        default=500,
        description="Most items that a search lists and counts, the best; at least half as many where there are more.",
    )
    search_looked_at_max_hits: Positive = Field(
        default=100_000,
        description="Hits that a search looks at for those that the viewer sees and a filter lets through.",
    )

    flow_links_max: Positive = Field(default=5000, description="Most links of one answer about the flow of knowledge.")
    flow_uses_max: Positive = Field(
        default=1_000_000, description="Most uses and citations of knowledge that one answer adds up."
    )
    flow_events_max: Positive = Field(
        default=1_000_000, description="Most events of knowledge that one answer looks for paths in."
    )
    flow_group_people_min: Positive = Field(
        default=3, description="Units and cities of fewer people are shown as others in the flow of knowledge."
    )
    flow_team_people_max: Positive = Field(
        default=60, description="Most people of a task or swarm who count as having worked with each other."
    )
    flow_broker_links_max: Positive = Field(
        default=20_000, description="Most links of knowledge flow among which brokers are looked for."
    )
    flow_broker_pivots: Positive = Field(
        default=256, description="Vertices from which betweenness is sampled; of fewer it is exact."
    )
    flow_broker_doubt: float = Field(
        default=0.05, gt=0, lt=1, description="Probability that a sampled betweenness is wrong by more than is told."
    )
    risk_leaving_probability: float = Field(
        default=0.1, ge=0, le=1, description="Probability that somebody leaves, for knowledge at risk."
    )
    risk_simulations: Positive = Field(default=2000, description="Cases of leavers drawn for knowledge at risk.")
    risk_seed: int = Field(default=1, ge=0, description="Seed by which leavers and pivots are drawn.")

    departure_people_max: Positive = Field(
        default=200, description="Most people of one question what their leaving would take along."
    )
    extraction_url: str | None = Field(
        default=None,
        pattern=r"^(https://[^\s/?#@]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?)(/[^\s?#]*)?$",
        description="Where an OpenAI-compatible service makes drafts of experiences, such as `https://host/v1` (http "
        "on this machine only). Notes, documents, title and names of skills and customers are sent there. None: drafts "
        "are made offline.",
    )
    extraction_model: str = Field(default="", max_length=80, description="The model that it is asked for.")
    extraction_token: SecretStr | None = Field(default=None, description="Token by which it is asked.")
    extraction_token_file: Path | None = Field(default=None, description="The same as a file, in place of the token.")
    extraction_seconds: PositiveFloat = Field(
        default=20.0, description="Longest time for its whole answer, s; after that the draft is made offline."
    )
    extraction_pause_seconds: PositiveFloat = Field(
        default=60.0, description="Time for which it is not asked again once it did not answer, s."
    )
    extraction_answer_max_bytes: Positive = Field(default=200_000, description="Its largest answer, bytes.")
    extraction_corpus_max_texts: Positive = Field(
        default=5000, description="Texts of the organization among which the words of a draft are weighed."
    )
    extraction_source_max_characters: Positive = Field(
        default=20_000, description="Of notes and documents so much is read for one draft, characters."
    )
    extraction_draft_max_characters: Positive = Field(default=1000, description="Longest draft, characters.")
