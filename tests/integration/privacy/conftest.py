from __future__ import annotations

from tests.integration.surveys.conftest import world

__all__ = ["world"]
