"""`python -m bench NAME [ARGUMENTS]` prints one JSON line for each figure; without a name, the names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HELPERS = {"__init__", "__main__", "common", "load", "servers", "signalling", "simulated"}


def names() -> list[str]:
    """Every module of this folder that has a `run(arguments)`."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in HELPERS)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in names():
        print(f"usage: python -m bench {{{'|'.join(names())}}}", file=sys.stderr)
        return 2
    importlib.import_module(f"bench.{arguments[0]}").run(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
