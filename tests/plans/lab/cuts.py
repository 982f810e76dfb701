"""A text cut off somewhere: what stood before the cut must be read as without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from advisor.plans.errors import PlanError
from advisor.plans.postgresql.document import Document, DocumentNode
from tests.plans.lab.checks import plan_of


@dataclass(frozen=True)
class Cut:
    """What became of a text that ends early."""

    at: int
    outcome: str
    """refused, warned, unnoticed (it reads like a shorter plan: nothing contradicts the whole one), altered."""
    differences: tuple[str, ...] = ()


def cut(text: str, whole: Document, at: int) -> Cut:
    """Reads ``text[:at]`` and holds it against the reading of the whole text. Anything but PlanError comes through."""
    try:
        plan = plan_of(text[:at])
    except PlanError:
        return Cut(at, "refused")
    document: Document = plan.document
    found = list(_nodes(document.root, whole.root, "0"))
    for key, value in document.keys.items():
        if not _begins(value, whole.keys.get(key)):
            found.append(f"{key}: {value!r} for {whole.keys.get(key)!r}")
    # The value that the cut runs through may be shorter than it was, if that is said.
    if found and not (plan.warnings and len(found) == 1):
        return Cut(at, "altered", tuple(found))
    return Cut(at, "warned" if plan.warnings else "unnoticed", tuple(found))


def _nodes(read: DocumentNode, whole: DocumentNode, path: str) -> Iterator[str]:
    for key, value in read.keys.items():
        if not _begins(value, whole.keys.get(key)):
            yield f"{path} {key}: {value!r} for {whole.keys.get(key)!r}"
    if len(read.children) > len(whole.children):
        yield f"{path} has {len(read.children)} children for {len(whole.children)}"
    for number, (mine, theirs) in enumerate(zip(read.children, whole.children, strict=False)):
        yield from _nodes(mine, theirs, f"{path}.{number}")


def _begins(part: Any, whole: Any) -> bool:
    """A list, or a group of keys, may lack what came after the cut."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(_begins(value, whole.get(key)) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(_begins, part, whole))
    return bool(part == whole)
