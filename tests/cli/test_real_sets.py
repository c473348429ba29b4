"""The real data sets through `swarmgraph import` into a real Neo4j: as many as the files say, and the same answers."""

from collections.abc import AsyncGenerator
from typing import Any, Final, NamedTuple

import pytest

from graph_api.exchange.conversion import derived_level
from graph_api.kernel.ids import natural_key
from graph_api.organization.model import HasSkill, Person, SkillBasis
from graph_api.projection.state import digest
from graph_api.store.address import ServerAddress
from graph_api.store.cypher import NoParams
from graph_api.store.database import Database
from tests.api.organization import data, service_on
from tests.support import graphql_answers, named_answers
from tests.support.cleaning import empty
from tests.support.command_line import commands_on, told
from tests.support.csv_counts import Expected, counted_work, expected, writings
from tests.support.data import shared_data, truths
from tests.support.replicas import Site
from tests.support.truths import agrees

SETS: Final = ("kubernetes", "carpentries", "nsf", "adopters", "diffusion")
KUBERNETES_NODES: Final = {"Person": 3659, "Task": 6430, "Knowledge": 858, "Skill": 101, "Unit": 35}
KUBERNETES_TASK_SKILLS: Final = 22129


class Imported(NamedTuple):
    """A set that lies in the database, the site it was imported on, and what the command reported."""

    name: str
    site: Site
    report: Any


@pytest.fixture(scope="module")
async def imported(
    request: pytest.FixtureRequest,
    neo4j_server: ServerAddress,
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Imported]:
    """Import the set that the test names; tests of one set share the import."""
    name: str = request.param
    folder, site = shared_data(name), Site(neo4j_server, tmp_path_factory.mktemp(name))
    await empty(database)
    with commands_on(site):
        yield Imported(name, site, await told("import", str(folder)))


def created(report: Any) -> dict[str, int]:
    assert all(count["changed"] == count["unchanged"] == 0 for count in report["counts"].values())
    return {kind: count["created"] for kind, count in report["counts"].items()}


async def stored(database: Database, query: named_answers.AnyQuery) -> dict[str, int]:
    return {row.kind: row.records for row in await database.read(query, NoParams())}


@pytest.mark.parametrize("imported", SETS, indirect=True)
async def test_report_and_database_hold_as_many_records_as_the_files(imported: Imported, database: Database) -> None:
    counts: Expected = expected(shared_data(imported.name))
    assert created(imported.report) == counts.nodes | counts.links
    assert (imported.report["error_count"], imported.report["warning_count"]) == (0, counts.warnings)
    assert await stored(database, named_answers.NODES) == counts.nodes
    assert await stored(database, named_answers.LINKS) == counts.links


@pytest.mark.parametrize("imported", ["kubernetes"], indirect=True)
async def test_kubernetes_has_the_numbers_that_its_page_tells(imported: Imported, database: Database) -> None:
    assert await stored(database, named_answers.NODES) == KUBERNETES_NODES
    assert (await stored(database, named_answers.LINKS))["REQUIRES"] == KUBERNETES_TASK_SKILLS


@pytest.mark.parametrize("imported", ["kubernetes", "carpentries"], indirect=True)
async def test_documents_are_nodes_with_the_length_of_their_text_and_links(
    imported: Imported, database: Database
) -> None:
    (found,) = await database.read(named_answers.WRITINGS, NoParams())
    assert (found.items, found.characters, found.alone) == writings(shared_data(imported.name))


@pytest.mark.parametrize("imported", SETS, indirect=True)
async def test_second_import_makes_no_change(imported: Imported, database: Database) -> None:
    again = await told("import", str(shared_data(imported.name)))
    assert again["loaded"]
    assert again["revision"] == imported.report["revision"]
    assert {kind: count["unchanged"] for kind, count in again["counts"].items()} == created(imported.report)
    assert {count["created"] + count["changed"] for count in again["counts"].values()} == {0}


@pytest.mark.parametrize("imported", named_answers.QUESTIONS, indirect=True)
async def test_named_queries_answer_as_the_files_do(imported: Imported, database: Database) -> None:
    for question, asked in named_answers.QUESTIONS[imported.name].items():
        answer, truth = await named_answers.ask(database, asked), truths(imported.name)[question]
        assert agrees(answer, truth), (question, answer, truth)


@pytest.mark.parametrize("imported", graphql_answers.QUESTIONS, indirect=True)
async def test_service_on_the_imported_state_answers_as_the_files_do(imported: Imported) -> None:
    counts = expected(shared_data(imported.name))
    # Nothing here waits between two pages, so that the tail gets no turn.
    async with imported.site.replica() as replica:
        service = service_on(replica, imported.site.folder)
        told_counts = await graphql_answers.counts(service)
        assert told_counts["people"] == counts.nodes["Person"]
        assert told_counts["tasks"] == counts.nodes["Task"]
        for question, asked in graphql_answers.QUESTIONS[imported.name].items():
            answer, truth = await asked(service), truths(imported.name)[question]
            assert agrees(answer, truth), (question, answer, truth)
        assert levels(replica.graph) == {
            holding: (derived_level(count), SkillBasis.DERIVED, count)
            for holding, count in counted_work(shared_data(imported.name)).items()
        }


SEARCH: Final = """query($text: String!) { knowledge(filter: {text: $text}) {
    edges { highlights node { id title author { id } } } } }"""


@pytest.mark.parametrize("imported", ["kubernetes"], indirect=True)
@pytest.mark.parametrize("text", ["In-place Update of Pod Resources", "pods updating in-place resource"])
async def test_documents_are_found_by_words_of_their_titles(imported: Imported, text: str) -> None:
    async with imported.site.replica() as replica:
        told = await data(service_on(replica, imported.site.folder), SEARCH, {"text": text})
    first = told["knowledge"]["edges"][0]
    assert first["node"]["id"] == "knowledge:doc%3AKEP-1287"
    assert "<mark>" in first["highlights"][0]


def levels(graph: Any) -> dict[tuple[str, str], tuple[int, SkillBasis, int | None]]:
    return {
        (natural_key(held.source), natural_key(held.target)): (held.level, held.basis, held.count)
        for person in graph.nodes(Person)
        for held in graph.outgoing(HasSkill, person.id)
    }


@pytest.mark.parametrize("imported", ["carpentries", "adopters", "diffusion"], indirect=True)
async def test_export_imports_to_the_same_state_on_an_emptied_server(
    imported: Imported, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("exported")
    await told("export", str(folder))
    before = await state_of(imported.site)
    await empty(database)
    assert (await told("import", str(folder)))["warning_count"] == 0
    assert await state_of(imported.site) == before


async def state_of(site: Site) -> str:
    async with site.replica() as replica:
        return digest(replica.graph)
