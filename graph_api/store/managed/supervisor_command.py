"""The command line of the supervisor, as its client writes it and the supervisor reads it."""

import argparse
import sys
from typing import Any, Final

from graph_api.ops.settings import Settings
from graph_api.store.managed.places import places_of

# What a client hands over, so that its options hold for the server it starts.
_FORWARDED: Final = (
    "cache_dir",
    "bolt_port",
    "heap_mebibytes",
    "page_cache_mebibytes",
    "server_jvm_additional",
    "server_start_seconds",
    "server_install_seconds",
    "server_stop_seconds",
    "server_linger_seconds",
)


def supervisor_command(settings: Settings, lock_descriptor: int) -> list[str]:
    """Return the command that starts a supervisor, which inherits its lock."""
    options = {"data_dir": places_of(settings.data_dir).data_dir, "lock_descriptor": lock_descriptor}
    options |= {name: getattr(settings, name) for name in _FORWARDED}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "graph_api.store.managed.supervisor", *words]


def read_supervisor_command() -> tuple[dict[str, Any], int | None]:
    """Return the settings given on the command line, and the descriptor of the lock where it was inherited."""
    parser = argparse.ArgumentParser(description="Owns the managed Neo4j server of a data folder.")
    parser.add_argument("--lock-descriptor", type=int)
    parser.add_argument("--data-dir", required=True)
    for name in _FORWARDED:
        parser.add_argument("--" + name.replace("_", "-"))
    given = vars(parser.parse_args())
    lock_descriptor: int | None = given.pop("lock_descriptor")
    return given, lock_descriptor
