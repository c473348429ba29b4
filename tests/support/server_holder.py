"""A process that holds the managed server until its input ends; each line it writes is progress or the address."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from graph_api.store.managed.client import hold_server
from tests.support.managed import small_settings


def tell(what: Any) -> None:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


def main(folder: str) -> None:
    with hold_server(small_settings(Path(folder)), lambda doing, _fraction: tell(doing)) as address:
        tell(address)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
