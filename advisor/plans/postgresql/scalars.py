"""Values of YAML and XML, typed by their key."""

from __future__ import annotations

import re
from typing import Any

from advisor.plans.postgresql.keys import Key

_INTEGER = re.compile(r"[-+]?[0-9]{1,300}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:[Ii]nf(?:inity)?|[Nn]a[Nn])")
_FLAGS = {"true": True, "false": False}


def typed(raw: str, key: Key | None) -> Any:
    """The value of a plain scalar. Of a key that is not known: by its look."""
    kind = key.kind if key is not None else None
    if kind == "text":
        return raw
    if kind in ("integer", "number") and raw.isdecimal() and len(raw) < 20:
        return int(raw)
    if kind in ("cost", "time"):
        return float(raw) if _NUMBER.fullmatch(raw) else raw
    if _INTEGER.fullmatch(raw):
        return int(raw)
    if raw in _FLAGS and kind in (None, "flag"):
        return _FLAGS[raw]
    return float(raw) if _NUMBER.fullmatch(raw) else raw


def empty(key: Key | None) -> Any:
    """What stands for a key with nothing below it; None for one that must have a value."""
    if key is None or key.kind == "group":
        return {}
    return [] if key.kind in ("list", "lists", "groups") else None


def merge_workers(first: list[Any], second: list[Any]) -> None:
    """Adds what the first list tells of each worker to the second one.

    Up to 12 the server prints two lists, one for the sorts and one for the rest.
    """
    told = {worker.get("Worker Number"): worker for worker in second if isinstance(worker, dict)}
    for worker in first:
        if isinstance(worker, dict) and (other := told.get(worker.get("Worker Number"))) is not None:
            for name, value in worker.items():
                other.setdefault(name, value)
        else:
            second.append(worker)
