"""Lines of text that still know where in the input they stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Lines:
    """``texts[i]`` stood on line ``numbers[i]`` of the input (from 1)."""

    texts: list[str]
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, start: int, end: int) -> Lines:
        """Lines [start, end)."""
        return Lines(self.texts[start:end], self.numbers[start:end])

    def with_texts(self, texts: list[str]) -> Lines:
        """The same lines, in other words."""
        return Lines(texts, self.numbers)

    def picked(self, indexes: Sequence[int], texts: list[str] | None = None) -> Lines:
        """Some of the lines; ``texts`` in their place where given."""
        kept = [self.texts[i] for i in indexes] if texts is None else texts
        return Lines(kept, [self.numbers[i] for i in indexes])

    def trimmed(self) -> Lines:
        """Without blank lines at the ends."""
        start, end = 0, len(self.texts)
        while start < end and not self.texts[start].strip():
            start += 1
        while end > start and not self.texts[end - 1].strip():
            end -= 1
        return self if (start, end) == (0, len(self.texts)) else self.part(start, end)


def lines_of(text: str) -> Lines:
    """Cut at \\n alone."""
    texts = text.split("\n")
    if texts and not texts[-1]:
        texts.pop()
    return Lines(texts, range(1, len(texts) + 1))
