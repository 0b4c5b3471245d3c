"""Nothing below the versions in which known weaknesses were mended."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import aiohttp.http_parser
import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {
    "aiohttp": "3.14.4",
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "pymongo": "4.18.2",
    "motor": "3.7.1",
    "PyJWT": "2.13.0",
}


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3])


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_a_dependency_is_at_least_its_floor(name: str, floor: str) -> None:
    assert _parts(version(name)) >= _parts(floor)


def test_http_is_parsed_by_the_parser_written_in_c() -> None:
    assert aiohttp.http_parser.HttpRequestParser is not aiohttp.http_parser.HttpRequestParserPy


def test_the_socket_clients_parser_is_at_least_its_floor() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]

    found = [entry["version"] for path, entry in packages.items() if path.endswith("node_modules/socket.io-parser")]
    assert found
    assert all(_parts(one) >= (4, 2, 7) for one in found)


def test_no_lock_file_names_where_packages_come_from() -> None:
    locks = [ROOT / "package-lock.json", *ROOT.glob("bench/node/package-lock.json"), *ROOT.glob("requirements/*.txt")]

    assert [
        lock.name for lock in locks if "http://" in lock.read_text("utf-8") or "resolved" in lock.read_text("utf-8")
    ] == []
