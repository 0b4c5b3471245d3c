"""What the widget costs a page: the demo's shop with it and without it, in a real Chromium at a quarter of its speed.

The shop has the strict policy that it has in the demo. Without the widget means the same page with widget.js blocked.
Both are loaded anew each round with empty caches. What is counted as the widget's comes from the server's own counters
in Chromium: bytes on the wire with and without HTTP headers, for what was asked of the Ringback server.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.common import ROOT, note, report, rounds

ROUNDS = 9
SLOWER = 4
SETTLED_S = 3.0
PATIENCE_S = 60.0
TABS = 3
LAUNCHER = "ringback-widget button.launcher"
PANEL = "ringback-widget [role=dialog]"

# A task of the main thread blocks for what it takes beyond this (web.dev/tbt).
BLOCKING_MS = 50
TASK = "ThreadControllerImpl::RunTask"
SCRIPTS = ("EvaluateScript", "FunctionCall", "v8.compile", "v8.compileModule", "v8.evaluateModule")
TRACED = ["toplevel", "devtools.timeline", "v8", "blink.user_timing"]

# Before any script of the page: what the browser says about shifts and the largest paint.
WATCH = """
window.seen = { shift: 0, paint: 0 };
const watch = (type, hear) => new PerformanceObserver((list) => list.getEntries().forEach(hear))
  .observe({ type, buffered: true });
watch('layout-shift', ({ value, hadRecentInput }) => { if (!hadRecentInput) seen.shift += value; });
watch('largest-contentful-paint', ({ startTime }) => { seen.paint = startTime; });
addEventListener('pageshow', ({ persisted }) => { window.isBack = persisted; });
"""
# From the press of the mouse to the frame that shows the panel.
OPENED = """
() => new Promise((resolve) => addEventListener('pointerdown', ({ timeStamp }) => {
  const look = () => document.querySelector('ringback-widget').shadowRoot.querySelector('[role=dialog]')
    ? resolve(performance.now() - timeStamp) : requestAnimationFrame(look);
  requestAnimationFrame(look);
}, { once: true, capture: true }))
"""


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """Run the demo; give what its ready file says."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        ready = Path(folder) / "ready.json"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("RINGBACK_")}
        with (Path(folder) / "demo.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "server", "demo", "--ready-file", ready, *_ports()],
                cwd=ROOT,
                env=environ | {"RINGBACK_DATA_DIR": f"{folder}/data"},
                stdout=log,
                stderr=log,
            )
            try:
                end = time.monotonic() + PATIENCE_S
                while not ready.exists():
                    if child.poll() is not None or time.monotonic() > end:
                        raise RuntimeError(f"The demo did not start:\n{Path(log.name).read_text()[-2000:]}")
                    time.sleep(0.1)
                yield json.loads(ready.read_text())
            finally:
                child.terminate()
                child.wait(30)


def _ports() -> list[str]:
    """Arguments that name three ports nobody listens on."""
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in ("--port", "--shop-port", "--carrier-port")}
    ports = [word for name, one in sockets.items() for word in (name, str(one.getsockname()[1]))]
    for one in sockets.values():
        one.close()
    return ports


class Wire:
    """What a page asks of one server, as Chromium's network counters see it."""

    def __init__(self, cdp: CDPSession, server: str) -> None:
        self.requests: dict[str, dict[str, float]] = {}
        self.is_answered = False
        cdp.on("Network.requestWillBeSent", lambda e: self._sent(e, server))
        cdp.on("Network.responseReceived", self._begun)
        cdp.on("Network.loadingFinished", self._done)
        cdp.on("Network.webSocketFrameReceived", self._heard)
        cdp.send("Network.enable")

    def _sent(self, event: dict[str, Any], server: str) -> None:
        if event["request"]["url"].startswith(server):
            self.requests[event["requestId"]] = {"head": 0, "all": 0}

    def _begun(self, event: dict[str, Any]) -> None:
        if found := self.requests.get(event["requestId"]):
            found["head"] = event["response"]["encodedDataLength"]

    def _done(self, event: dict[str, Any]) -> None:
        if found := self.requests.get(event["requestId"]):
            found["all"] = event["encodedDataLength"]

    def _heard(self, event: dict[str, Any]) -> None:
        self.is_answered |= event["response"]["payloadData"].startswith("43/visitor,")

    def totals(self, when: str) -> dict[str, float]:
        every = self.requests.values()
        return {
            f"requests {when}": len(self.requests),
            f"bytes {when}": sum(one["all"] - one["head"] for one in every),
            f"bytes with headers {when}": sum(one["all"] for one in every),
        }


def cost(browser: Browser, facts: dict[str, Any], *, has_widget: bool) -> dict[str, float]:
    """Load the shop once with empty caches and return what it took."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    cdp = context.new_cdp_session(page)
    wire = Wire(cdp, facts["url"])
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if not has_widget:
        cdp.send("Network.setBlockedURLs", {"urls": [f"{facts['url']}/widget.js"]})
    browser.start_tracing(page=page, categories=TRACED)
    page.goto(f"{facts['shopUrl'].rstrip('/')}/en/", wait_until="load")
    if has_widget:
        _until(page, lambda: wire.is_answered, "the visit has started")
    page.wait_for_timeout(SETTLED_S * 1000)
    tasks = tasks_of(json.loads(browser.stop_tracing())["traceEvents"], facts["url"])
    seen = page.evaluate("seen")
    found = {
        "blocking": sum(blocks(task) for task, _ in tasks),
        "blocking of ours": sum(blocks(task) - blocks(task - ours) for task, ours in tasks),
        "longest task": max((task for task, _ in tasks), default=0.0),
        "longest of ours": max((task for task, ours in tasks if ours), default=0.0),
        "shift": seen["shift"],
        "paint": seen["paint"],
        **_memory(cdp),
    }
    if has_widget:
        found |= wire.totals("before a click") | _opening(page, wire)
    context.close()
    return found


def blocks(task_ms: float) -> float:
    return max(0.0, task_ms - BLOCKING_MS)


def tasks_of(events: list[dict[str, Any]], server: str) -> list[tuple[float, float]]:
    """Return of each task of the page's main thread how long it took and how much of it scripts of `server` took.

    In milliseconds of the thread's own time: what others do on this machine is not in it.
    """
    mains = {(e["pid"], e["tid"]) for e in events if e.get("args", {}).get("name") == "CrRendererMain"}
    done = [e for e in events if e["ph"] == "X" and (e["pid"], e["tid"]) in mains and "tdur" in e]
    ours = [e for e in done if e["name"] in SCRIPTS and _address(e).startswith(server)]
    used = {e["pid"] for e in ours} or {e["pid"] for e in done if e["name"] in SCRIPTS}
    found = []
    for task in (e for e in done if e["name"] == TASK and e["pid"] in used):
        inside, end, took = [e for e in ours if _is_in(e, task)], 0, 0
        for one in sorted(inside, key=lambda e: (e["ts"], -e["dur"])):
            if one["ts"] >= end:  # else it is within the one before
                took, end = took + one["tdur"], one["ts"] + one["dur"]
        found.append((task["tdur"] / 1000, took / 1000))
    return found


def _address(event: dict[str, Any]) -> str:
    told = event.get("args", {})
    return str(told.get("data", {}).get("url") or told.get("fileName") or "")


def _is_in(event: dict[str, Any], task: dict[str, Any]) -> bool:
    same = (event["pid"], event["tid"]) == (task["pid"], task["tid"])
    return same and bool(task["ts"] <= event["ts"] < task["ts"] + task["dur"])


def _opening(page: Page, wire: Wire) -> dict[str, float]:
    box = page.locator(LAUNCHER).bounding_box()
    assert box is not None
    opened = page.evaluate_handle(f"window.opened = ({OPENED})(); undefined")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    took = page.evaluate("window.opened")
    page.locator(PANEL).wait_for()
    page.wait_for_timeout(SETTLED_S * 1000)
    opened.dispose()
    return {"open": took, **wire.totals("with the panel")}


def _memory(cdp: CDPSession) -> dict[str, float]:
    cdp.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return {
        "heap": metrics["JSHeapUsedSize"] / 1e6,
        "nodes": metrics["Nodes"],
        "script": metrics["ScriptDuration"] * 1000,
        "thread": metrics["TaskDuration"] * 1000,
    }


def tabs_kept(browser: Browser, facts: dict[str, Any]) -> tuple[int, list[str]]:
    """Leave and come back in each of three tabs; return how many Chromium had kept, and its reasons for the others."""
    context = browser.new_context()
    shop = facts["shopUrl"].rstrip("/")
    pages = [context.new_page() for _ in range(TABS)]
    for page in pages:
        page.add_init_script(WATCH)
        page.goto(f"{shop}/en/")
        page.locator(LAUNCHER).wait_for()
        page.wait_for_timeout(SETTLED_S * 1000)
    kept, reasons = 0, []
    for page in pages:
        page.bring_to_front()
        page.evaluate("window.isSame = true")
        page.goto(f"{shop}/en/catalogue")
        page.wait_for_timeout(SETTLED_S * 1000)
        page.evaluate("history.back()")
        page.wait_for_timeout(SETTLED_S * 1000)
        if page.evaluate("window.isBack === true && window.isSame === true"):
            kept += 1
        else:
            reasons.append(
                json.dumps(page.evaluate("performance.getEntriesByType('navigation')[0].notRestoredReasons"))
            )
    context.close()
    return kept, reasons


def _until(page: Page, is_true: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > end:
            raise TimeoutError(f"not yet: {what}")
        page.wait_for_timeout(50)


def run(_arguments: list[str]) -> None:
    path = subprocess.run([ROOT / "tools" / "chromium.sh"], check=True, capture_output=True, text=True).stdout.strip()
    arguments = ["--disable-background-networking", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with demo() as facts, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=arguments, ignore_default_args=["--disable-back-forward-cache"]
        )
        note(f"Chromium {browser.version}, {SLOWER} times slower")
        cost(browser, facts, has_widget=True)  # the browser's own fonts and caches are warm then
        medians = rounds(
            {
                "page": lambda: cost(browser, facts, has_widget=False),
                "with the widget": lambda: cost(browser, facts, has_widget=True),
            },
            ROUNDS,
        )
        kept, reasons = tabs_kept(browser, facts)
        browser.close()

    page, ours = medians["page"], medians["with the widget"]

    def beside(metric: str, unit: str, name: str, budget: str, ok: bool) -> None:
        report("page", metric, unit, ours[name], page[name], budget, ok, against="the same page without the widget")

    def alone(metric: str, unit: str, figure: float, budget: str, ok: bool = True, **more: Any) -> None:
        report("page", metric, unit, figure, None, budget, ok, **more)

    # In the thread's own time: what others do on this machine is not in it. The page's blocking differs from load
    # to load by more than we take, so what our scripts add to its long tasks is counted in each load by itself.
    added = ours["blocking of ours"]
    alone("blocking time that our scripts add at 4x CPU throttle", "ms", added, "0 ms added", added == 0)
    alone("longest task with a script of ours at 4x CPU throttle", "ms", ours["longest of ours"], "")
    beside("blocking time at 4x CPU throttle, all of the page", "ms", "blocking", "", True)
    beside("longest task at 4x CPU throttle, all of the page", "ms", "longest task", "", True)
    beside("main thread's CPU time at 4x CPU throttle", "ms", "thread", "", True)
    beside("scripts' CPU time at 4x CPU throttle", "ms", "script", "", True)
    beside("cumulative layout shift", "", "shift", "0 added", ours["shift"] <= page["shift"])
    beside("largest contentful paint at 4x CPU throttle", "ms", "paint", "", True)
    beside("JS heap", "MB", "heap", "", True)
    beside("DOM nodes, listeners' included", "", "nodes", "", True)
    before = ours["bytes before a click"]
    alone(
        "on the wire before any click",
        "B",
        before,
        "6,000 B without HTTP headers",
        before <= 6000,
        with_headers=round(ours["bytes with headers before a click"]),
        requests=round(ours["requests before a click"]),
    )
    alone(
        "on the wire with the panel open",
        "B",
        ours["bytes with the panel"],
        "",
        with_headers=round(ours["bytes with headers with the panel"]),
        requests=round(ours["requests with the panel"]),
    )
    alone("press to panel at 4x CPU throttle, nothing cached", "ms", ours["open"], "")
    alone(f"of {TABS} open tabs kept for the back button", "", kept, f"{TABS}", kept == TABS, reasons=reasons)
