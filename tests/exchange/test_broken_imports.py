"""Each way in which a folder can be broken is told with file, line, column and reason, and nothing is loaded."""

from pathlib import Path
from typing import NamedTuple

import pytest

from graph_api.exchange.plan import ImportPlan, plan_import
from graph_api.exchange.reading import ImportLimits, read_folder
from graph_api.exchange.tables import FILES
from graph_api.kernel.records import Link
from tests.support.folders import SMALL, changed, folder_of, plan_of


class Broken(NamedTuple):
    name: str
    texts: dict[str, str | bytes]
    file: str
    line: int
    column: str | None
    reason: str
    value: str | None = None


def broken(
    name: str, file: str, old: str, new: str, line: int, column: str | None, reason: str, value: str | None = None
) -> Broken:
    return Broken(name, dict(changed(file, old, new)), file, line, column, reason, value)


def rewritten(name: str, file: str, text: str | bytes, line: int, column: str | None, reason: str) -> Broken:
    return Broken(name, dict(SMALL) | {file: text}, file, line, column, reason)


PEOPLE = "people.csv"
TASKS = "tasks.csv"
UNITS = "units.csv"
SKILLS = "skills.csv"
LEVELS = "person_skill.csv"
NEEDS = "task_skill.csv"
WORK = "task_member.csv"
ITEMS = "knowledge.csv"
USES = "knowledge_use.csv"
SWARMS = "swarms.csv"
BOOKINGS = "swarm_member.csv"
ORDER = "task_order.csv"
TIES = "customer_tie.csv"
ROLES = "unit_roles.csv"
MAIN = "organization.csv"

FILE_CASES = (
    rewritten("empty file", PEOPLE, "", 1, None, "the file is empty"),
    rewritten("only blank lines", PEOPLE, "\n\n", 1, None, "the file is empty"),
    rewritten("missing column", LEVELS, "person,level\nada,4\n", 1, "skill", "the header lacks skill"),
    rewritten(
        "missing column with other names", TIES, "source,kind\nc1,friend\n", 1, "target",
        "the header lacks target or customer or to_customer",
    ),
    rewritten("duplicate column", PEOPLE, "id,name,name\nada,A,B\n", 1, "name", "the column stands 2 times"),
    rewritten("semicolons", UNITS, "id;name\nroot;Root\n", 1, "id", "separated by ; instead of ,"),
    rewritten("UTF-16", PEOPLE, "id,name\nada,Ada\n".encode("utf-16"), 1, None, "the file is UTF-16"),
    rewritten("bytes in the header", UNITS, b"id,na\xffme\nroot,Root\n", 1, "2", "the text is not UTF-8"),
    rewritten("rule of nobody", TASKS, "id,regulation\nt1,SAT\n", 2, "regulation", "'SAT' is not authority:name"),
    rewritten("quote never closed", UNITS, 'id,name\nroot,"Root\nnext,Next\n', 2, None, "the quotes are wrong"),
    rewritten("quote in the middle", UNITS, 'id,name\nroot,"Ro"ot\n', 2, None, "the quotes are wrong"),
)  # fmt: skip

ROW_CASES = (
    broken("GBK", PEOPLE, "bob,Bob", "bob,BYTES", 3, "name", "the text is not UTF-8", "\\xb0\\xb0"),
    broken("NUL", PEOPLE, "bob,Bob", "bob,Bo\0b", 3, "name", "a NUL character", "Bo\0b"),
    broken("10 MB cell", PEOPLE, "bob,Bob", "bob," + "x" * 10_000_000, 3, "name", "10000000 bytes"),
    broken("wide 10 MB cell", PEOPLE, "bob,Bob", "bob," + "蜂" * 3_333_334, 3, "name", "10000002 bytes"),
    broken("short row", UNITS, "field,Field,root", "field,Field", 4, "parent", "2 cells, where the header has 3"),
    broken("long row", UNITS, "desk,Desk,root", "desk,Desk,root,x", 3, None, "4 cells, where the header has 3", "x"),
    broken("empty id", PEOPLE, "bob,Bob", ",Bob", 3, "id", "the cell is empty"),
    broken("long id", SKILLS, "mx,Mexico", "x" * 201 + ",Mexico", 3, "id", "at most 200", "x" * 57 + "..."),
    broken("duplicate id", PEOPLE, "bob,Bob", "ada,Bob", 3, "id", "stands already at line 2", "ada"),
    broken("duplicate row", NEEDS, "t1,mx", "t1,hs", 3, "task, skill", "already at line 2", "t1, hs"),
    broken("two organizations", MAIN, "true\n", "true\nB,\n", 3, None, "one row already, at line 2"),
    broken("bad date", TASKS, "2024-05-06", "06.05.2024", 3, "opened", "a time is written", "06.05.2024"),
    broken("no such day", TASKS, "2024-02-03", "2024-02-30", 2, "closed", "there is no such day", "2024-02-30"),
    broken("no offset", TASKS, "2024-05-06", "2024-05-06T10:00:00", 3, "opened", "no offset", "2024-05-06T10:00:00"),
    broken("year 0", TASKS, "2024-05-06", "0001-01-01T00:00+14:00", 3, "opened", "outside the years"),
    broken("bad day", BOOKINGS, "2024-05-10", "soon", 2, "until", "written YYYY-MM-DD", "soon"),
    broken("days turned", BOOKINGS, "2024-05-10", "2024-05-01", 2, "until", "before the first", "2024-05-01"),
    broken("swarm days turned", SWARMS, "2024-05-10", "2024-05-01", 2, "ends_on", "before the first", "2024-05-01"),
    broken("negative money", TASKS, "100.50", "-100.50", 2, "value", "cannot be negative", "-100.50"),
    broken("money in words", TASKS, "100.50", "1 000", 2, "value", "an amount is a decimal number", "1 000"),
    broken("money without end", TASKS, "100.50", "1e999", 2, "value", "at most 15 digits may stand", "1e999"),
    broken("money too fine", TASKS, "100.50", "1e-16", 2, "value", "at most 15 digits may stand", "1e-16"),
    broken("long title", TASKS, "Clear", "x" * 501, 2, "title", "501 characters; at most 500", "x" * 57 + "..."),
    broken("long name", PEOPLE, "bob,Bob", "bob," + "x" * 501, 3, "name", "501 characters; at most 500"),
    broken("infinite money", TASKS, "100.50", "Infinity", 2, "value", "an amount is a decimal number", "Infinity"),
    broken("no currency", TASKS, "100.50,CNY", "100.50,", 2, "value", "money needs a currency", "100.50"),
    broken("unknown currency", TASKS, "100.50,CNY", "100.50,XQQ", 2, "currency", "no ISO 4217", "XQQ"),
    broken("day rate without currency", PEOPLE, "900,CNY", "900,", 2, "day_rate", "money needs a currency", "900"),
    broken("level 7", LEVELS, "ada,hs,4", "ada,hs,7", 2, "level", "between 1 and 5", "7"),
    broken("level in words", LEVELS, "ada,hs,4", "ada,hs,high", 2, "level", "no whole number", "high"),
    broken("no level", LEVELS, "ada,hs,4", "ada,hs,", 2, "level", "neither a level nor a count"),
    broken("no seats", NEEDS, "t2,mx,2", "t2,mx,0", 4, "seats", "at least 1", "0"),
    broken("weight 4", NEEDS, "t1,hs,1,2,3", "t1,hs,1,2,4", 2, "weight", "between 1 and 3", "4"),
    broken("neither true nor false", NEEDS, "3,true", "3,maybe", 2, "critical", "neither true nor", "maybe"),
    broken("share above a day", BOOKINGS, "500", "1001", 2, "share_permille", "between 0 and 1000", "1001"),
    broken("unknown person", WORK, "t1,bob", "t1,bo", 3, "person", "there is no person with this id", "bo"),
    broken("unknown task", WORK, "t2,cy", "t9,cy", 4, "task", "there is no task with this id", "t9"),
    broken("unknown skill", NEEDS, "t1,mx", "t1,mexico", 3, "skill", "there is no skill", "mexico"),
    broken("unknown role", BOOKINGS, "cy,mx", "cy,mexico", 2, "roles", "there is no skill", "mexico"),
    broken("unknown unit", ROLES, "desk,ada,lead", "disk,ada,lead", 2, "unit", "there is no unit", "disk"),
    broken("unknown customer", TIES, "c1,c2", "c1,c9", 2, "target", "there is no customer", "c9"),
    rewritten(
        "too long a text", ITEMS, f"id,body\nk1,{'x' * 100_001}\nk2,\n", 2, "body",
        "100001 characters; at most 100000 are kept",
    ),
    rewritten(
        "items merged in a circle", ITEMS, "id,merged_into\nk1,k2\nk2,k1\n", 2, "merged_into",
        "cycle: k1 -> k2 -> k1",
    ),
    broken("unknown item", USES, "k1,task", "k9,task", 2, "knowledge", "there is no knowledge", "k9"),
    broken("odd user", USES, "k1,task", "k1,robot", 2, "used_by_kind", "none of person", "robot"),
    broken("unknown swarm", BOOKINGS, "s1,cy", "s9,cy", 2, "swarm", "there is no swarm", "s9"),
    broken("cycle of units", UNITS, "root,Root,", "root,Root,desk", 2, "parent", "cycle: root -> desk -> root", "desk"),
    broken("unit in itself", UNITS, "root,Root,", "root,Root,root", 2, "parent", "cycle: root -> root", "root"),
    broken("cycle of managers", PEOPLE, "desk,,900", "desk,cy,900", 2, "manager", "cycle: ada -> cy -> ada", "cy"),
    broken("cycle of skills", SKILLS, "Customs,", "Customs,mx", 3, "broader", "cycle: mx -> customs -> mx", "customs"),
    broken("cycle of tasks", ORDER, "t2,t3", "t2,t1", 2, "next", "cycle: t1 -> t2 -> t1", "t2"),
)  # fmt: skip


def with_bytes(case: Broken) -> dict[str, str | bytes]:
    return {
        name: text.encode().replace(b"BYTES", "鞍".encode("gbk")) if isinstance(text, str) else text
        for name, text in case.texts.items()
    }


@pytest.mark.parametrize("case", FILE_CASES + ROW_CASES, ids=lambda case: case.name)
def test_broken_folder_is_told_exactly_and_not_loaded(case: Broken) -> None:
    plan = plan_of(with_bytes(case))
    first = plan.rejects[0]
    assert (first.file, first.line, first.column) == (case.file, case.line, case.column)
    assert case.reason in first.reason
    assert case.value is None or first.value == case.value
    assert first.value is None or len(first.value) <= 60
    assert plan.records == ()
    assert not plan.acceptable
    assert plan.report.error_count == len(plan.rejects) >= 1


@pytest.mark.parametrize("case", FILE_CASES + ROW_CASES, ids=lambda case: case.name)
def test_skipping_loads_the_rest_without_loose_ends(case: Broken) -> None:
    plan = plan_of(with_bytes(case), skip_invalid=True)
    assert plan.acceptable
    assert (plan.rejects[0].file, plan.rejects[0].line) == (case.file, case.line)
    nodes = {planned.record.key[1] for planned in plan.records if len(planned.record.key) == 2}
    ends = {
        end
        for planned in plan.records
        if isinstance(planned.record, Link)
        for end in (planned.record.source, planned.record.target)
    }
    assert nodes
    assert ends <= nodes


def test_small_folder_itself_has_no_fault_and_no_warning() -> None:
    plan = plan_of(SMALL)
    assert (plan.rejects, plan.report.warnings) == ((), ())
    assert plan.records


def read(folder: Path) -> ImportPlan:
    return plan_import(read_folder(folder, FILES, ImportLimits()))


def test_missing_folder_is_told_with_its_name(tmp_path: Path) -> None:
    plan = read(tmp_path / "nowhere")
    assert plan.records == ()
    assert plan.rejects[0].file.endswith("nowhere")
    assert "cannot be read: No such file" in plan.rejects[0].reason


def test_file_in_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(SMALL["people.csv"])
    plan = read(tmp_path / "people.csv")
    assert "cannot be read: Not a directory" in plan.rejects[0].reason


def test_folder_without_any_known_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "peple.csv").write_text(SMALL["people.csv"])
    plan = read(tmp_path)
    assert "holds none of the files organization.csv, skills.csv" in plan.rejects[0].reason
    assert plan.report.not_used_files == ("peple.csv",)
    assert not plan_import(read_folder(tmp_path, FILES, ImportLimits()), skip_invalid=True).acceptable


def test_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "people.csv").mkdir()
    plan = read(tmp_path)
    assert (plan.rejects[0].file, plan.rejects[0].line) == ("people.csv", None)
    assert "cannot be read" in plan.rejects[0].reason


def test_file_above_its_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(SMALL["people.csv"])
    plan = plan_import(read_folder(tmp_path, FILES, ImportLimits(file_max_bytes=20)))
    assert "where at most 20 are allowed" in plan.rejects[0].reason


def test_cell_limit_is_counted_in_bytes() -> None:
    texts: dict[str, str | bytes] = {"people.csv": "id,name\na,蜂蜂\n"}
    assert plan_import(folder_of(texts, ImportLimits(cell_max_bytes=6))).rejects == ()
    assert "6 bytes, where at most 5" in plan_import(folder_of(texts, ImportLimits(cell_max_bytes=5))).rejects[0].reason


def test_all_errors_are_counted_and_the_first_hundred_listed() -> None:
    people = "id,capacity\n" + "".join(f"p{number},2\n" for number in range(250))
    report = plan_of({"people.csv": people}).report
    assert (report.error_count, len(report.errors)) == (250, 100)
    assert [fault.line for fault in report.errors] == list(range(2, 102))


def test_every_fault_of_one_row_is_told() -> None:
    plan = plan_of({"tasks.csv": "id,opened,value,currency\nt1,soon,-1,XQQ\n"})
    assert {fault.column for fault in plan.rejects} == {"opened", "value", "currency"}


def test_faults_stand_in_the_order_of_files_and_lines() -> None:
    texts = SMALL | {"people.csv": "id,capacity\nada,9\nbob,1\ncy,8\n", "skills.csv": "id,name\nhs\nmx,M\n"}
    places = [(fault.file, fault.line) for fault in plan_of(texts).rejects]
    assert places == [("skills.csv", 2), ("people.csv", 2), ("people.csv", 4)]
