"""What time takes away: expired tuples are removed, and days begin and end, by a commit like any other (R8)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from graph_api.kernel.commands import Accepted, Context, Decision, Operation
from graph_api.kernel.graph import GraphView
from graph_api.kernel.records import RecordKey, upsert
from graph_api.permission.commands import Expire, Expired
from graph_api.permission.decisions import removals
from graph_api.permission.live_model import live_permission
from graph_api.permission.records import Granted


def decide_expire(view: GraphView, command: Expire, context: Context) -> Decision:
    """Remove what is expired by the commit's time, and move the day on; what was renewed meanwhile stays."""
    removed = _expired(view, command.keys, context)
    pointer, today = live_permission(view), context.at.date()
    moved = () if pointer is None or pointer.day >= today else (upsert(msgspec.structs.replace(pointer, day=today)),)
    return Accepted((*removals(view, removed), *moved), Expired(removed=len(removed), day=today))


def _expired(view: GraphView, keys: Sequence[RecordKey], context: Context) -> list[Granted]:
    found = (view.record(key) for key in dict.fromkeys(keys))
    grants = [grant for grant in found if isinstance(grant, Granted)]
    return [grant for grant in grants if grant.expires_at is not None and grant.expires_at <= context.at]


EXPIRE: Final = Operation("expirePermissions", Expire, decide_expire, Expired)
