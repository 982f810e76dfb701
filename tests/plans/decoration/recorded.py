"""The recorded plans, and what of a plan decorations must not change."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from advisor.model.plan import Plan


@cache
def recorded() -> list[dict[str, str]]:
    """engine, format, query, text of each."""
    return json.loads((Path(__file__).parent / "plans.json").read_text(encoding="utf-8"))


def essence(plan: Plan) -> dict[str, Any]:
    """Everything but where it stood and what was said of it."""
    bare = msgspec.structs.replace(
        plan, document=None, warnings=[], line=None, source=None, query=None, query_parameters=None
    )
    found = msgspec.to_builtins(bare)
    for node in found["nodes"]:
        node.pop("line")
    return found
