"""The Chromium of all tests: which one, and how it is started."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

# Chromium takes the last of these lists, so this one has what Playwright turns off, and then the list under the address
# bar, which is a page of its own: nobody sees it here, and it costs as much processor time as the page that is tested.
UNUSED_FEATURES = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)


def chromium_path() -> str:
    """Return the Chromium to drive.

    Raises:
        pytest.UsageError: there is none; the sentence says how to get it.
    """
    wanted = [os.environ.get("RINGBACK_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    for name in wanted:
        if name and (found := shutil.which(name)):
            return found
    raise pytest.UsageError(
        "The end-to-end tests need Chromium: install it (Debian: apt-get install chromium) "
        "or set RINGBACK_CHROMIUM to its path."
    )


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """One real Chromium, until the block ends."""
    arguments = ["--disable-background-networking", "--disable-dev-shm-usage"]
    arguments.append(f"--disable-features={','.join(UNUSED_FEATURES)}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield chromium
        await chromium.close()
