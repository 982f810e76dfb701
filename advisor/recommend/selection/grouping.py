"""Questions that one configuration of indexes answers together: entering one costs as much as several plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

#: Configurations that a question is tried with, the latest first.
_TRIED = 48


@dataclass(slots=True)
class Group:
    """One configuration, and what is asked in it."""

    indexes: int = 0
    seen: int = 0
    """All candidates on tables of its statements: those that are not among ``indexes`` must stay absent."""
    questions: list[tuple[int, int]] = field(default_factory=list)


def grouped(questions: Sequence[tuple[int, int]], visible: Sequence[int], most: int) -> list[Group]:
    """(statement, available set) pairs, in as few configurations as first-fit finds.

    A statement sees the indexes on its own tables only (``visible``), so it may share a configuration whose indexes on
    those tables are exactly the ones it asks for. ``most`` bounds a configuration's indexes: planning time grows with
    them.
    """
    groups: list[Group] = []
    for statement, available in questions:
        sight = visible[statement]
        for group in reversed(groups[-_TRIED:]):
            if available & group.seen == group.indexes & sight and (group.indexes | available).bit_count() <= most:
                break
        else:
            group = Group()
            groups.append(group)
        group.indexes |= available
        group.seen |= sight
        group.questions.append((statement, available))
    return groups
