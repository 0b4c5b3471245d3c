"""Passwords: argon2id in a pool of two threads, so that guessing cannot take the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import AppError

T = TypeVar("T")
THREADS = 2
LONGEST_QUEUE = 64


class Passwords:
    """Hashes and checks passwords.

    The parameters are OWASP's smallest for argon2id (19 MiB, 2 passes, 1 lane): RFC 9106's second choice with less
    memory, about 25 ms a check, and two at once take 38 MiB.
    """

    def __init__(self, *, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return what is stored of a password.

        Raises:
            AppError: sign_in_limited, when too many wait already.
        """
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Return whether `password` is the one that was stored. None, for nobody, takes as long and is False.

        Raises:
            AppError: sign_in_limited, when too many wait already.
        """

        def check() -> bool:
            try:
                return self._hasher.verify(stored or self._nobody, password) and stored is not None
            except (VerificationError, InvalidHashError):
                return False

        return await self._run(check)

    def outdated(self, stored: str) -> bool:
        """Return whether the stored hash was made with other parameters, so that it is worth making anew."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads; what is being checked is finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= LONGEST_QUEUE:
            raise AppError("sign_in_limited", retryAfterS=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
