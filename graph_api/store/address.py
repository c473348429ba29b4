"""Where a Neo4j server is and who we are there."""

import msgspec


class ServerAddress(msgspec.Struct, frozen=True):
    """Bolt address with its credentials; no password means that the server asks for none."""

    uri: str
    username: str
    password: str | None
