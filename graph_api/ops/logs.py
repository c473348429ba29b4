"""Where log lines go: the error stream, one line each, with instant, level and the part that speaks."""

import logging
import sys
from typing import Final

_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_TALKATIVE: Final = ("neo4j", "uvicorn.error", "httpx")
"""Libraries that tell at INFO what says nothing to whoever runs the service."""


def configure_logging(level: str) -> None:
    """Send the log lines of this process from a level on to the error stream."""
    logging.basicConfig(stream=sys.stderr, level=level, format=_FORMAT, datefmt="%H:%M:%S", force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
