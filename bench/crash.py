"""The server with its embedded database is killed by -9 in the middle of a conversation, again and again."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter

from bench.chatting.crash import Sender, judge
from bench.common import Process, note, report

VISITORS, KILLS, CALM_S = 20, 3, (2.0, 4.0)
PACE_HZ = 5.0


def start(folder: str) -> tuple[Process, str]:
    """Start the server over the data in `folder`; give it and its address."""
    process = Process([sys.executable, "-m", "bench.chatting.server", "ours", "--data-dir", folder], core=0)
    return process, f"127.0.0.1:{process.hear()['port']}"


async def crash(kills: int) -> tuple[Counter[str], list[float]]:
    """Let visitors write while the server is killed `kills` times; return what went wrong and the restart times."""
    loop = asyncio.get_running_loop()
    outages: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ringback-crash-") as folder:
        server, where = await loop.run_in_executor(None, start, folder)
        address = [where]
        over = [False]
        senders = [Sender(f"v{n}", lambda: address[0], 1 / PACE_HZ) for n in range(VISITORS)]
        writing = [asyncio.create_task(sender.run(lambda: over[0])) for sender in senders]
        try:
            for number in range(kills):
                await asyncio.sleep(random.uniform(*CALM_S))
                begun = time.monotonic()
                server.child.send_signal(signal.SIGKILL)
                server.child.wait()
                server, address[0] = await loop.run_in_executor(None, start, folder)
                outages.append(time.monotonic() - begun)
                note(f"kill {number + 1}: back after {outages[-1]:.1f} s")
            await asyncio.sleep(CALM_S[1])
            over[0] = True
            await asyncio.gather(*writing)
            await asyncio.sleep(11)  # numbers without a message are decided now
            total: Counter[str] = Counter()
            for sender in senders:
                total.update(judge(sender, await sender.timeline()))
                total.update({"sent": len(sender.sent), "resent": sender.resends})
            return total, outages
        finally:
            for task in writing:
                task.cancel()
            server.stop()


def run(arguments: list[str]) -> None:
    """Print how many messages were lost, doubled or reordered: none."""
    total, outages = asyncio.run(crash(int(arguments[0]) if arguments else KILLS))
    more = {name: total[name] for name in ("sent", "resent", "tombstones", "holes", "misnumbered")}
    for name in ("lost", "doubled", "reordered"):
        ok = total[name] == 0 and total["misnumbered"] == 0 and total["holes"] == 0
        report("crash", name, "messages", total[name], None, "0", ok, kills=len(outages), **more)
    report("crash", "slowest restart", "s", max(outages), None, "none", True)
