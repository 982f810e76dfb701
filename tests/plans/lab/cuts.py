"""A text cut off somewhere: what stood before the cut must be read as without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from advisor.plans.errors import PlanError
from advisor.plans.postgresql.document import Document, DocumentNode
from tests.plans.lab.checks import Reader, as_given
from tests.plans.lab.compare import TEXT_CONFUSES
from tests.plans.lab.recorder import Printed


@dataclass(frozen=True)
class Cut:
    """What became of a text that ends early."""

    at: int
    outcome: str
    """refused; warned; unnoticed: it reads like a shorter plan, and nothing contradicts the whole one; shortened: as
    unnoticed, but the one value that the cut runs through is a beginning of what it was (`Output: o.amount, o.cus`,
    `Plan Width: 10` of 106), which nothing in the text can tell; altered: anything else."""
    differences: tuple[str, ...] = ()


def cut(printed: Printed, whole: Document, at: int, reader: Reader = as_given) -> Cut:
    """Reads the first ``at`` characters and holds them against the whole. Anything but PlanError comes through."""
    try:
        plan = reader(replace(printed, text=printed.text[:at]))
    except PlanError:
        return Cut(at, "refused")
    document: Document = plan.document
    found = list(_nodes(document.root, whole.root, "0"))
    for key, value in document.keys.items():
        found += _value(key, value, whole.keys.get(key))
    shown = tuple(f"{where}: {value!r} for {expected!r}" for where, value, expected in found)
    texts = [where for where, value, _ in found if value not in ("Outer", "Member")]
    # Of the line that the cut runs through nobody knows how it went on: `Seq Scan on p` may be all, or public.customer.
    line = printed.text[:at].rpartition("\n")[2]
    if any(not _beginning(value, expected) and not _in(value, line) for _, value, expected in found) or len(texts) > 1:
        return Cut(at, "altered", shown)
    if plan.warnings:
        return Cut(at, "warned", shown)
    return Cut(at, "shortened" if found else "unnoticed", shown)


Difference = tuple[str, Any, Any]


def _nodes(read: DocumentNode, whole: DocumentNode, path: str) -> Iterator[Difference]:
    for key, value in read.keys.items():
        if key == "Group Key" and "Grouping Sets" in whole.keys:
            continue  # a second `Group Key:` line, after the cut, makes the first one a grouping set
        yield from _value(f"{path} {key}", value, whole.keys.get(key))
    if len(read.children) > len(whole.children):
        yield f"{path} children", len(read.children), len(whole.children)
    for number, (mine, theirs) in enumerate(zip(read.children, whole.children, strict=False)):
        yield from _nodes(mine, theirs, f"{path}.{number}")


def _value(where: str, read: Any, whole: Any) -> Iterator[Difference]:
    """A list, or a group of keys, may lack what came after the cut."""
    if isinstance(read, dict) and isinstance(whole, dict):
        for key, value in read.items():
            yield from _value(f"{where} {key}", value, whole.get(key))
    elif isinstance(read, list) and isinstance(whole, list) and len(read) <= len(whole):
        for value, expected in zip(read, whole, strict=False):
            yield from _value(where, value, expected)
    elif read != whole:
        yield where, read, whole


def _in(read: Any, line: str) -> bool:
    return all(str(item) in line for item in (read if isinstance(read, list) else [read]))


def _beginning(read: Any, whole: Any) -> bool:
    """``1.0`` is a beginning of 1.05 as text, and 1 too: JSON numbers lose their zeros."""
    if isinstance(read, str) and {read, str(whole)} == TEXT_CONFUSES["Parent Relationship"]:
        return True  # of a ModifyTable: what follows tells which
    return str(whole).startswith(str(read).removesuffix(".0"))
