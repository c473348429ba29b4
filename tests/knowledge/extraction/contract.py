"""What every extractor must keep, as its port says it."""

from graph_api.knowledge.extraction.port import Extraction, Source
from graph_api.knowledge.extraction.validity import flaw


def assert_kept(source: Source, made: Extraction) -> None:
    assert not made.body or flaw(made.body, source.others, source.task_title) is None
    assert bool(made.body) == bool(made.claims)
    for claim in made.claims:
        assert 0 <= claim.start < claim.end <= len(source.text_of(claim.source_id) or "")
    assert set(made.skill_ids) <= source.dictionary.skill_ids
    assert set(made.customer_ids) <= source.dictionary.customer_ids
    assert list(made.skill_ids) == sorted(set(made.skill_ids))
    assert list(made.customer_ids) == sorted(set(made.customer_ids))
    assert 0 <= made.confidence <= 1
    assert made.made_by
