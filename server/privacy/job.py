"""Forgetting as work in the background: of all servers one does it, once an hour."""

from __future__ import annotations

from datetime import timedelta

from server.clock import Now
from server.leases import LeaseLost, Leases
from server.mongo import DuplicateKey, GlobalCollection
from server.privacy.service import PrivacyService

EVERY = timedelta(hours=1)
LOOK_S = 300.0
JOB = "forgetting"


class ForgettingJob:
    """Args: jobs: work that belongs to no account, one document for each kind."""

    def __init__(self, jobs: GlobalCollection, privacy: PrivacyService, *, owner: str, now: Now) -> None:
        self._jobs = jobs
        self._leases = Leases(jobs, owner=owner, for_s=60.0)
        self._privacy = privacy
        self._now = now

    async def run(self) -> bool:
        """Do it when it is due and nobody else does; return whether it was done."""
        now = self._now()
        if await self._jobs.find_one({"_id": JOB}) is None:
            try:
                await self._jobs.insert_one({"_id": JOB, "next_at": now})
            except DuplicateKey:
                pass  # another server began at the same moment
        lease = await self._leases.claim({"_id": JOB, "next_at": {"$lte": now}})
        if lease is None:
            return False
        try:
            await self._leases.holding(lease, self._privacy.forget())
            await self._leases.release(lease, {"next_at": self._now() + EVERY})
        except LeaseLost:
            return False  # somebody else goes on
        return True
