"""Who holds a skill, at which level: two columns a skill."""

import numpy as np

from graph_api.kernel.graph import GraphView
from graph_api.organization.model import HasSkill
from graph_api.swarm.exact.arrays import Small
from graph_api.swarm.index.people import PeopleColumns


class Holders:
    """`of(skill)` gives rows of people and levels, in no order."""

    def __init__(self, people: PeopleColumns) -> None:
        self._people = people
        self._of: dict[str, tuple[Small, Small]] = {}

    @property
    def bytes(self) -> int:
        """Bytes of the columns."""
        return sum(rows.nbytes + levels.nbytes for rows, levels in self._of.values())

    def of(self, skill_id: str) -> tuple[Small, Small]:
        """Return rows and levels of those who hold a skill."""
        return self._of.get(skill_id, _NOBODY)

    def read(self, view: GraphView, skill_id: str) -> None:
        """Read all holders of a skill anew."""
        links = list(view.incoming(HasSkill, skill_id))
        rows = np.array([self._people.row(link.source) for link in links], dtype=np.int32)
        self._of[skill_id] = (rows, np.array([link.level for link in links], dtype=np.int32))

    def refresh(self, view: GraphView, person_id: str, skill_id: str) -> None:
        """Read one holder of a skill anew."""
        row, link = self._people.row(person_id), view.link(HasSkill, person_id, skill_id)
        rows, levels = self.of(skill_id)
        places = np.flatnonzero(rows == row)
        if link is None:
            self._of[skill_id] = (np.delete(rows, places), np.delete(levels, places))
        elif len(places):
            levels[places] = link.level
        else:
            self._of[skill_id] = (np.append(rows, np.int32(row)), np.append(levels, np.int32(link.level)))


_NOBODY = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32))
