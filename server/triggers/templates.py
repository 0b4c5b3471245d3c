"""Ten rules to begin with, in English, Russian and Romanian, as the contract RuleTemplate has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("templates.json").read_text("utf-8"))
