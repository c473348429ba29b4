"""Small folders to import, and the short way from their texts to a plan and to a graph."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graph_api.exchange.difference import diff
from graph_api.exchange.plan import ImportPlan, plan_import
from graph_api.exchange.reading import ImportLimits, RawFolder, parse_csv, read_folder
from graph_api.exchange.tables import FILES
from graph_api.kernel.graph import Graph, GraphView

SMALL: dict[str, str] = {
    "organization.csv": "name,synthetic\nSmall,true\n",
    "skills.csv": "id,name,broader\nhs,HS classification,customs\nmx,Mexico customs,customs\ncustoms,Customs,\n",
    "units.csv": "id,name,parent\nroot,Root,\ndesk,Desk,root\nfield,Field,root\n",
    "customers.csv": "id,name,country\nc1,Trading,MX\nc2,Retail,BR\n",
    "people.csv": "id,name,city,unit,manager,day_rate,currency\n"
    "ada,Ada,Shenzhen,desk,,900,CNY\nbob,Bob,Chengdu,desk,ada,,\ncy,Cy,Berlin,field,ada,300.50,EUR\n",
    "tasks.csv": "id,title,opened,closed,value,currency,customer\n"
    "t1,Clear,2024-01-02,2024-02-03,100.50,CNY,c1\nt2,Ship,2024-05-06,,,,c2\nt3,Pack,,,,,\n",
    "person_skill.csv": "person,skill,level\nada,hs,4\nbob,mx,2\ncy,hs,1\n",
    "unit_roles.csv": "unit,person,role\ndesk,ada,lead\ndesk,ada,deputy\n",
    "task_skill.csv": "task,skill,seats,level,weight,critical\nt1,hs,1,2,3,true\nt1,mx,1,1,1,false\nt2,mx,2,1,1,\n",
    "task_member.csv": "task,person,role\nt1,ada,author\nt1,bob,reviewer\nt2,cy,member\n",
    "task_order.csv": "task,next\nt1,t2\nt2,t3\n",
    "customer_tie.csv": "source,target,tie\nc1,c2,friend\n",
    "knowledge.csv": "id,title,author,task,date,chars\n"
    "k1,How to clear,ada,t1,2024-02-04,900\nk2,More,bob,,2024-03-01,80\n",
    "knowledge_use.csv": "knowledge,used_by_kind,used_by,date\nk1,task,t2,2024-05-07\nk1,knowledge,k2,\n",
    "swarms.csv": "id,formed_at,starts_on,ends_on,ties_as_of,task\n"
    "s1,2024-05-06T08:00:00Z,2024-05-06,2024-05-10,2024-05-06,t2\n",
    "swarm_member.csv": "swarm,person,roles,since,until,share_permille\ns1,cy,mx,2024-05-06,2024-05-10,500\n",
}
"""A valid folder with rows in every file."""


def folder_of(texts: Mapping[str, str | bytes], limits: ImportLimits | None = None) -> RawFolder:
    """Return the folder that would be read from these texts."""
    files = {
        name: parse_csv(name, text.encode() if isinstance(text, str) else text, limits or ImportLimits())
        for name, text in texts.items()
    }
    known = {name: file for name, file in files.items() if name in FILES}
    return RawFolder("small", known, tuple(sorted(set(files) - set(known))))


def plan_of(texts: Mapping[str, str | bytes], view: GraphView | None = None, **options: Any) -> ImportPlan:
    """Plan the import of these texts."""
    return plan_import(folder_of(texts), view, **options)


def changed(name: str, old: str, new: str) -> dict[str, str]:
    """Return the small folder with one text in one file replaced."""
    assert SMALL[name].count(old) == 1, (name, old)
    return SMALL | {name: SMALL[name].replace(old, new)}


def loaded(plan: ImportPlan, graph: Graph | None = None) -> Graph:
    """Apply a plan to a graph (none: an empty one) and return it."""
    graph = Graph() if graph is None else graph
    graph.apply(diff(graph, plan.records).changes)
    return graph


def graph_of(texts: Mapping[str, str | bytes]) -> Graph:
    """Import texts that must be valid into an empty graph."""
    plan = plan_of(texts)
    assert plan.report.errors == ()
    return loaded(plan)


def graph_from(folder: Path) -> Graph:
    """Import a folder that must be valid into an empty graph."""
    plan = plan_import(read_folder(folder, FILES, ImportLimits()))
    assert plan.report.errors == ()
    return loaded(plan)
