"""An import in the making: records with the fields that the folder carries, and the references between its rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from graph_api.exchange.checking import CheckedFile, Placed
from graph_api.exchange.reading import Fault
from graph_api.kernel.graph import Graph, GraphView
from graph_api.kernel.ids import entity_id
from graph_api.kernel.records import Node, Record, RecordKey


class Planned(msgspec.Struct, frozen=True, gc=False):
    """A record to make, and which of its fields replace those of a stored one; the others stay as they are."""

    record: Record
    carried: frozenset[str]


class _Place(NamedTuple):
    file: str
    line: int


class Draft:
    """What has been gathered so far. References are met by rows of the folder and by nodes of the view."""

    def __init__(self, files: Iterable[CheckedFile], view: GraphView | None) -> None:
        self.view: Final[GraphView] = view if view is not None else Graph()
        self.records: dict[RecordKey, Planned] = {}
        self.faults: list[Fault] = []
        self.cascaded: list[Fault] = []
        self.warnings: list[Fault] = []
        self.workers: Mapping[str, list[tuple[str, str]]] = defaultdict(list)
        self._declared: set[str] = set()
        self._rejected: dict[str, _Place] = {}
        self._unreadable: set[type[Node]] = set()
        for file in files:
            self._declare(file)

    def _declare(self, file: CheckedFile) -> None:
        node = file.kind.node
        if node is None:
            return
        if file.unreadable:
            self._unreadable.add(node)
        self._declared.update(entity_id(node.entity_type, placed.row.id) for placed in file.rows)
        for natural, line in file.rejected.items():
            self._rejected[entity_id(node.entity_type, natural)] = _Place(file.kind.file, line)

    def withdraw(self, file: CheckedFile, rejected: Mapping[int, Fault]) -> None:
        """Reject valid rows of a file after all, by line."""
        self.faults.extend(rejected.values())
        kept = [placed for placed in file.rows if placed.line not in rejected]
        if (node := file.kind.node) is not None:
            for placed in file.rows:
                if placed.line in rejected:
                    identifier = entity_id(node.entity_type, placed.row.id)
                    self._declared.discard(identifier)
                    self._rejected[identifier] = _Place(file.kind.file, placed.line)
        file.rows = kept

    def put(self, record: Record, carried: Iterable[str] = ()) -> None:
        """Plan a record; planned before, the fields carried now win."""
        fields = frozenset(carried)
        before = self.records.get(record.key)
        if before is not None:
            record = msgspec.structs.replace(before.record, **{field: getattr(record, field) for field in fields})
            fields |= before.carried
        self.records[record.key] = Planned(record, fields)

    def require(self, file: CheckedFile, placed: Placed, field: str, node: type[Node]) -> str | None:
        """Return the id that a field names; an unknown one rejects the row and gives None."""
        return self.require_named(file, placed, field, node, getattr(placed.row, field))

    def require_named(
        self, file: CheckedFile, placed: Placed, field: str, node: type[Node], natural: str
    ) -> str | None:
        """Return the id of a natural id that stands in a field; an unknown one rejects the row and gives None."""
        identifier = entity_id(node.entity_type, natural)
        if self._exists(node, identifier):
            return identifier
        place = self._rejected.get(identifier)
        if place is not None:
            reason = f"it refers to a row that was rejected, {place.file}:{place.line}"
            self.cascaded.append(file.fault(placed, field, reason, natural))
        elif node in self._unreadable:
            reason = f"it refers to a {node.entity_type}, whose file cannot be read"
            self.cascaded.append(file.fault(placed, field, reason, natural))
        else:
            self.faults.append(file.fault(placed, field, f"there is no {node.entity_type} with this id", natural))
        return None

    def choose(self, file: CheckedFile, placed: Placed, field: str, node: type[Node]) -> str | None:
        """Return the id that an optional field names; an unknown one is left empty with a warning."""
        natural = getattr(placed.row, field)
        return None if natural is None else next(self.choose_each(file, placed, field, node, (natural,)), None)

    def choose_each(
        self, file: CheckedFile, placed: Placed, field: str, node: type[Node], naturals: Iterable[str]
    ) -> Iterator[str]:
        """Yield the ids of those natural ids that are known; a warning tells of each other."""
        for natural in naturals:
            identifier = entity_id(node.entity_type, natural)
            if self._exists(node, identifier):
                yield identifier
            else:
                reason = f"there is no {node.entity_type} with this id; it was left empty"
                self.warnings.append(file.fault(placed, field, reason, natural))

    def find(self, node: type[Node], identifier: str) -> Record | None:
        """Return a planned node, else the stored one, else None."""
        planned = self.records.get((node.__name__, identifier))
        return planned.record if planned is not None else self.view.record((node.__name__, identifier))

    def _exists(self, node: type[Node], identifier: str) -> bool:
        return identifier in self._declared or self.view.node(node, identifier) is not None
