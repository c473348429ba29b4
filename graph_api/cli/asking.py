"""Ask the service in this process as its local administrator, by the same GraphQL that everybody else uses."""

from typing import Any, Final

from graph_api.api.auth import LOCAL_ADMINISTRATOR
from graph_api.api.door import Question, answer
from graph_api.api.service import ApiService
from graph_api.kernel.errors import Internal, SwarmgraphError


async def ask(service: ApiService, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an answer; raises the error that it tells."""
    told = await answer(service, Question(query=query, variables=variables), LOCAL_ADMINISTRATOR)
    if errors := told.body.get("errors"):
        raise _error_of(errors[0])
    return told.body["data"]


def _error_of(error: dict[str, Any]) -> SwarmgraphError:
    extensions = error["extensions"]
    kind = _KINDS.get(extensions["code"], Internal)
    place = tuple(map(str, error.get("path", ())))
    return kind(error["message"], suggestion=extensions.get("suggestion", ""), place=place)


_KINDS: Final = {kind.code: kind for kind in SwarmgraphError.__subclasses__()}
