"""Text plans for the tests of their reader."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.text import read


def excerpt(text: str) -> Excerpt:
    return Excerpt(text, range(1, text.count("\n") + 2), "text", "postgresql")


def document(text: str) -> Document:
    return read(excerpt(text))


def nodes(found: Document) -> list[DocumentNode]:
    """In the order printed."""

    def below(node: DocumentNode) -> Iterator[DocumentNode]:
        yield node
        for child in node.children:
            yield from below(child)

    return list(below(found.root))


def warned(found: Document) -> list[tuple[int, str]]:
    """Warnings but the one of a footer that is not there: most examples have none."""
    return [(warning.line, warning.text) for warning in found.warnings if "no Execution Time" not in warning.text]
