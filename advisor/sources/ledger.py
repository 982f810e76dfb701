"""The accounting of one source while it is read: every line ends up understood or counted with a reason."""

from __future__ import annotations

from bisect import bisect_left, insort

from advisor.model.limits import LIMITS
from advisor.model.source import SourceSummary, Unreadable

#: Notes are sentences for people: more than this many on one source help nobody.
_NOTES = 20


class Ledger:
    """Writes into one `SourceSummary`."""

    def __init__(self, summary: SourceSummary) -> None:
        self.summary = summary

    def unreadable(self, line: int, lines: int, reason: str) -> None:
        """Count ``lines`` lines from ``line`` on (from 1) as not understood; the first few in line order are kept."""
        summary = self.summary
        summary.unreadable_lines += lines
        summary.understood_lines = summary.lines - summary.unreadable_lines
        examples = summary.unreadable
        at = bisect_left(examples, line, key=lambda example: example.line)
        if at < LIMITS.unreadable_examples:
            insort(examples, Unreadable(line, reason), key=lambda example: example.line)
            del examples[LIMITS.unreadable_examples :]

    def lines(self, count: int) -> None:
        """Count lines that were read."""
        self.summary.lines += count
        self.summary.understood_lines = self.summary.lines - self.summary.unreadable_lines

    def note(self, text: str) -> None:
        """Keep a sentence for the user, once."""
        if text not in self.summary.notes and len(self.summary.notes) < _NOTES:
            self.summary.notes.append(text)
