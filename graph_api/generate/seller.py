"""Put the made-up seller together: all records, and the truth about what was planted."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec

from graph_api.generate.market import build_clients, client_records
from graph_api.generate.order import ORDER_ID, order_days, order_records, place_specialists
from graph_api.generate.risks import (
    plant_couplings,
    plant_crossings,
    plant_fragile_teams,
    plant_single_holders,
    truth,
)
from graph_api.generate.scale import DEFAULT_SEED, DEFAULT_TODAY, Scale
from graph_api.generate.skills import ALL_SKILLS, SKILL_BY_KEY
from graph_api.generate.work import build_jobs, job_records, link_sequels
from graph_api.generate.workforce import build_workforce, workforce_records
from graph_api.generate.writings import knowledge_records
from graph_api.kernel.records import Record, kind_of
from graph_api.organization.model import ORGANIZATION_ID, Broader, Organization, Skill

ORGANIZATION_NAME: Final = "Synthetic cross-border seller"


class Generated(msgspec.Struct, frozen=True):
    """The records, nodes before the links that join them, and the truths as JSON data."""

    records: list[Record]
    truths: dict[str, Any]


def build(scale: Scale, seed: int = DEFAULT_SEED, today: date = DEFAULT_TODAY) -> Generated:
    """Make up the organization; the same arguments give the same records in the same order."""
    workforce = build_workforce(scale, seed, today)
    specialists = place_specialists(workforce, seed, today)
    single_holders = plant_single_holders(workforce, seed)
    fragile = plant_fragile_teams(workforce, seed)
    clients = build_clients(scale, seed)
    jobs = build_jobs(scale, seed, today, workforce, clients)
    crossings = plant_crossings(jobs, seed)
    couplings = plant_couplings(jobs, workforce, seed)
    link_sequels(jobs, seed)
    records: list[Record] = [Organization(id=ORGANIZATION_ID, name=ORGANIZATION_NAME, synthetic=True)]
    records.extend(_skill_records())
    records.extend(workforce_records(workforce))
    records.extend(client_records(clients))
    records.extend(record for job in jobs for record in job_records(job))
    records.extend(order_records(clients[0], today))
    records.extend(knowledge_records(jobs, seed, today))
    window = order_days(today)
    truths = {
        "synthetic": True,
        "seed": seed,
        "today": today.isoformat(),
        "counts": dict(sorted(Counter(map(kind_of, records)).items())),
        "order": {
            "task": ORDER_ID,
            "starts_on": window.starts_on.isoformat(),
            "ends_on": window.ends_on.isoformat(),
            "specialists": sorted(person.id for person in specialists),
        },
        **truth(single_holders, fragile, crossings, couplings, jobs),
    }
    return Generated(records, truths)


def generate(scale: Scale, seed: int = DEFAULT_SEED, today: date = DEFAULT_TODAY) -> list[Record]:
    """Return the records of the made-up organization alone."""
    return build(scale, seed, today).records


def truths(scale: Scale, seed: int = DEFAULT_SEED, today: date = DEFAULT_TODAY) -> dict[str, Any]:
    """Return what was planted, as JSON data."""
    return build(scale, seed, today).truths


def _skill_records() -> Iterator[Record]:
    for tag in ALL_SKILLS:
        yield Skill(id=tag.id, name=tag.name, aliases=tag.aliases, kind=tag.kind)
    for tag in ALL_SKILLS:
        if tag.broader is not None:
            yield Broader(source=tag.id, target=SKILL_BY_KEY[tag.broader].id)
