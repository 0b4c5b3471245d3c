from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from server.accounts.directory import Directory
from server.accounts.model import Site
from server.accounts.store import INDEXES, MongoAccountStore
from server.clock import utc_now
from server.errors import AppError
from server.mongo import DuplicateKey, TenantCollection, open_database
from server.mongod import EmbeddedMongod, MongodError, MongodInUse, running_url

SERVER = """
import asyncio, sys
from server.mongod import EmbeddedMongod

async def main():
    mongod = EmbeddedMongod(sys.argv[1])
    print(await mongod.start(), mongod.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose name is short enough for a socket inside, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory(prefix="ringback-") as folder:
        yield Path(folder)


async def timed(work: Awaitable[str]) -> tuple[str, float]:
    began = time.monotonic()
    return await work, time.monotonic() - began


async def test_it_is_ready_soon_keeps_its_data_and_listens_to_nobody_else(short_path: Path) -> None:
    mongod = EmbeddedMongod(short_path)
    url, first_s = await timed(mongod.start())
    pid = mongod.pid
    assert pid is not None
    home = short_path / "mongo"
    assert stat.S_IMODE((home / "socket" / "mongod.sock").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "socket").stat().st_mode) == 0o700
    assert {stat.S_IMODE((home / name).stat().st_mode) for name in ("key", "password")} == {0o600}
    sockets = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    inodes = {name[8:-1] for name in sockets if name.startswith("socket:")}
    tcp = [line.split() for net in ("tcp", "tcp6") for line in Path(f"/proc/net/{net}").read_text().splitlines()[1:]]
    assert not [line for line in tcp if line[9] in inodes]

    db = await open_database(url)
    await db.tenant_collection("notes").insert_one("a", {"_id": "n"})
    await db.close()
    await mongod.stop()
    await mongod.stop()
    assert not runs(pid)

    url, second_s = await timed(mongod.start())
    db = await open_database(url)
    assert await db.tenant_collection("notes").count("a", {}) == 1
    await db.close()
    await mongod.stop()
    assert min(first_s, second_s) < 5  # each about 1 on an idle machine


async def test_a_stranger_without_the_password_reads_nothing(tmp_path: Path) -> None:
    mongod = EmbeddedMongod(tmp_path)
    url = await mongod.start()
    stranger = await open_database("mongodb://" + url.partition("@")[2].replace("&authSource=admin", ""))
    with pytest.raises(Exception, match="requires authentication"):
        await stranger.tenant_collection("notes").find("a", {})
    await stranger.close()
    await mongod.stop()


async def test_a_long_data_directory_and_a_moved_one_work(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 20) / ("longer" * 20)
    mongod = EmbeddedMongod(long)
    db = await open_database(await mongod.start())
    await db.tenant_collection("notes").insert_one("a", {"_id": "n"})
    await db.close()
    await mongod.stop()

    moved = long.rename(tmp_path / "d")
    mongod = EmbeddedMongod(moved)
    db = await open_database(await mongod.start())
    assert await db.tenant_collection("notes").count("a", {}) == 1
    await db.close()
    await mongod.stop()


async def test_a_second_server_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    first = EmbeddedMongod(tmp_path)
    await first.start()
    with pytest.raises(MongodInUse, match=rf"process {os.getpid()}.*RINGBACK_DATA_DIR"):
        await EmbeddedMongod(tmp_path).start()
    assert first.pid is not None and runs(first.pid)
    await first.stop()


async def test_a_command_beside_a_running_server_uses_its_database(tmp_path: Path) -> None:
    assert running_url(tmp_path) is None
    server = EmbeddedMongod(tmp_path)
    url = await server.start()
    assert running_url(tmp_path) == url
    await server.stop()
    assert running_url(tmp_path) is None


async def test_a_mongod_that_cannot_start_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\necho 'db version v6.0.5'\n")
    broken.chmod(0o755)
    with pytest.raises(MongodError, match=r"stopped at once; see .*mongod\.log\.$"):
        await EmbeddedMongod(tmp_path / "data", candidates=[broken]).start()


async def test_it_dies_with_a_killed_server_and_the_next_server_has_the_data(tmp_path: Path) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    url, pid = (await asyncio.to_thread(server.stdout.readline)).split()
    db = await open_database(url)
    await db.tenant_collection("notes").insert_one("a", {"_id": "n"})
    await db.close()
    server.kill()
    server.wait()
    await until(lambda: not runs(int(pid)))

    mongod = EmbeddedMongod(tmp_path)
    db = await open_database(await mongod.start())
    assert await db.tenant_collection("notes").count("a", {}) == 1
    await db.close()
    await mongod.stop()


async def test_a_stale_mongod_is_stopped_at_the_next_start(tmp_path: Path) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    _, pid = (await asyncio.to_thread(server.stdout.readline)).split()
    # Frozen, it hears the parent-death signal only when it is woken: the hardest case of an orphan.
    os.kill(int(pid), signal.SIGSTOP)
    server.kill()
    server.wait()
    assert runs(int(pid))
    os.kill(int(pid), signal.SIGCONT)
    mongod = EmbeddedMongod(tmp_path)
    await mongod.start()
    assert not runs(int(pid))
    await mongod.stop()


async def test_a_killed_mongod_is_back_soon_with_everything_that_was_acknowledged(tmp_path: Path) -> None:
    mongod = EmbeddedMongod(tmp_path)
    db = await open_database(await mongod.start())
    notes = db.tenant_collection("notes")
    acknowledged = []
    for n in range(50):
        await notes.insert_one("a", {"_id": str(n)})
        acknowledged.append(str(n))
    for n in range(50, 53):  # each time as soon as it is back
        killed = mongod.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await _insert_soon(notes, str(n))
        acknowledged.append(str(n))
        assert mongod.pid != killed
    found = {note["_id"] for note in await notes.find("a", {})}
    assert found == set(acknowledged)
    await db.close()
    await mongod.stop()


async def _insert_soon(notes: TenantCollection, id: str) -> None:
    """Insert it within 10 s, however often the database says that it is away."""
    async with asyncio.timeout(10):
        while True:
            try:
                await notes.insert_one("a", {"_id": id})
                return
            except DuplicateKey:
                return  # an earlier try arrived after all; its answer was lost with the process
            except AppError as problem:
                assert problem.code == "unavailable"
                await asyncio.sleep(0.05)


async def test_who_watches_hears_of_changes_after_the_database_was_killed(tmp_path: Path) -> None:
    mongod = EmbeddedMongod(tmp_path)
    db = await open_database(await mongod.start())
    await db.ensure_indexes(INDEXES)
    store = MongoAccountStore(db)
    directory = Directory(store, utc_now)
    following = asyncio.create_task(directory.follow())
    await directory.following()
    assert mongod.pid is not None
    os.kill(mongod.pid, signal.SIGKILL)

    site = Site("s", "a", "key", "Shop", ())
    async with asyncio.timeout(15):
        while True:
            try:
                await store.add_site(site)
                break
            except AppError as problem:
                if problem.code == "value_invalid":
                    break  # an earlier try arrived after all
                await asyncio.sleep(0.05)
    await until(lambda: directory.site_by_key("key") == site)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await db.close()
    await mongod.stop()
