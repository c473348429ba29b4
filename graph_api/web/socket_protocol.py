"""The server's end of WebSockets, which lets go of clients that take nothing any more."""

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_FLUSH_SECONDS: Final = 1.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own, but where it would wait for ever until a client takes the rest, the connection is cut.

    Whoever waits to send on it is then told that the client is gone, so that nothing of the socket stays.
    """

    def keepalive_timeout(self) -> None:
        """End a socket whose client did not answer a ping."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """End a socket as the server stops; its client is told 1012, if it listens."""
        super().shutdown()
        self.close_timer = self.loop.call_later(_FLUSH_SECONDS, self.transport.abort)
