"""What OpenFGA's documentation says, as tables; where the design differs, its meaning stands here."""

from tests.permission.engine.conformance.conditions import CONDITIONS
from tests.permission.engine.conformance.contextual import CONTEXTUAL
from tests.permission.engine.conformance.cycles import CYCLES
from tests.permission.engine.conformance.direct import DIRECT
from tests.permission.engine.conformance.operators import OPERATORS
from tests.permission.engine.conformance.parents import PARENTS
from tests.permission.engine.conformance.refusals import REFUSALS
from tests.permission.engine.conformance.switches import SWITCHES
from tests.permission.engine.conformance.table import Store
from tests.permission.engine.conformance.usersets import USERSETS
from tests.permission.engine.conformance.wildcards import WILDCARDS

STORES: list[Store] = [
    *DIRECT,
    *USERSETS,
    *WILDCARDS,
    *OPERATORS,
    *PARENTS,
    *CONDITIONS,
    *CONTEXTUAL,
    *CYCLES,
    *SWITCHES,
    *REFUSALS,
]
