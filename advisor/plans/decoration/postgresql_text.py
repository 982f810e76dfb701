"""The lines that make up one PostgreSQL plan in text: where it ends, and which lines a wrap cut off from the one above.

PostgreSQL prints a line break only between lines of the plan and where a literal holds one. So a line that ends with an
open bracket outside of quotes was wrapped; so was one whose follower cannot begin a line of a plan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisor.model.plan import PlanWarning
from advisor.plans.decoration import signs
from advisor.plans.decoration.balance import balance
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.wraps import Joints, join

#: How far a quote may reach, in lines, and how often looking for its end may fail.
_LITERAL_LINES, _FAILURES = 4000, 20
_FLUSH = re.compile(r"(?:[A-Z]\w+ )*(?:Filter|Cond|Output|Sort Key|Group Key|Function Call|Remote SQL|Heap Blocks): ")
_COLLAPSED = re.compile(r"[^\s)] \(cost=\d")
_FEWER_BLANKS = (
    "the server prints two blanks before (cost=, here stands one: blanks were lost, in literals and before lines too"
)
OVER_LINES = "a literal goes over several lines: blanks at their ends may have been lost on the way"


@dataclass(slots=True)
class Taken:
    """A plan's lines, wraps joined, dedented; ``end``: the first line that is no longer its own."""

    lines: Lines
    end: int
    warnings: list[PlanWarning] = field(default_factory=list)


def indent_of(line: str) -> int:
    """Blanks at the start."""
    return len(line) - len(line.lstrip())


def take(lines: Lines, start: int) -> Taken:
    """The plan whose root, or ``Query Text:`` line, is line ``start``."""
    walk = _Walk(lines, start)
    end = walk.run()
    taken = join(lines, start, end, walk.joints)
    body = _dedented(taken.lines, walk.root_at(taken.lines))
    if any(t[-1:].isspace() for t in body.texts):
        own = {lines.numbers[i - 1] for i in walk.joints.inside_literal}
        body = body.with_texts([t if n in own else t.rstrip() for t, n in zip(body.texts, body.numbers, strict=True)])
    if walk.joints.inside_literal and not any(w.text.startswith("a literal") for w in taken.warnings):
        taken.warnings.append(PlanWarning(lines.numbers[walk.joints.inside_literal[0]], OVER_LINES))
    if any(_COLLAPSED.search(text) for text in body.texts[:3]) or any(map(_FLUSH.match, body.texts[1:])):
        taken.warnings.append(PlanWarning(body.numbers[0], _FEWER_BLANKS))
    last = body.texts[-1] if body.texts else ""
    if last.endswith('"') and last.count('"') % 2 and signs.FOOTER.match(last):
        body = body.with_texts([*body.texts[:-1], last[:-1]])
    return Taken(body, end, walk.warnings + taken.warnings)


def _dedented(lines: Lines, root: int) -> Lines:
    """The root at column 0. A root pasted without the blanks before it is told by the column of the line below it."""
    texts = lines.texts
    margin = indent_of(texts[root]) if texts else 0
    own = margin
    for text in texts[root + 1 :]:
        if not text.strip():
            continue
        if signs.ARROW.match(text) or signs.PROPERTY.match(text) or signs.LABEL.match(text):
            column = indent_of(text)
            if column > own + 2 and "\t" not in text[:column]:
                margin = column - 2
        break
    if not margin:
        return lines
    head = texts[root][own:] if margin != own else None
    out = [t[margin:] if not t[:margin].strip() else t.lstrip() for t in texts]
    if head is not None:
        out[root] = head
    return lines.with_texts(out)


class _Walk:
    """One pass over the lines of a plan."""

    def __init__(self, lines: Lines, start: int) -> None:
        self.texts = lines.texts
        self.numbers = lines.numbers
        self.start = start
        self.joints = Joints()
        self.warnings: list[PlanWarning] = []
        self._failures = 0
        self._columns: list[int] = []
        self._root = start
        self._width = self._longest()

    def _longest(self) -> int:
        """Length of the longest line up to the first blank one: no wrapped line is longer than the wrap's width."""
        longest = 0
        for text in self.texts[self.start : self.start + 300]:
            if not text or text.isspace():
                break
            longest = max(longest, len(text))
        return longest

    def root_at(self, taken: Lines) -> int:
        """Index of the root among the joined lines."""
        if self._root == self.start or self._root >= len(self.numbers):
            return 0
        wanted = self.numbers[self._root]
        for index, number in enumerate(taken.numbers):
            if number >= wanted:
                return index
        return 0

    def run(self) -> int:
        """Index of the first line after the plan."""
        texts, count = self.texts, len(self.texts)
        index = self.start
        if texts[index].lstrip().startswith(("Query Text:", "Query Parameters:")):
            index = self._root = self._below_query(index)
            if index >= count:
                return count
        root = texts[index]
        root_column = indent_of(root) + self._lost_margin(index)
        self._columns = [root_column - 4]
        has_metrics = False
        depth, quote = balance(root)
        logical = root
        previous = index
        index += 1
        start_match = signs.START.match
        while index < count:
            line = texts[index]
            if depth <= 0 and not quote:
                if len(self._columns) == 1 and indent_of(line) == root_column and signs.KNOWN.match(line.lstrip()):
                    # the root's own, pasted without the blanks before it
                    line = texts[index] = "  " + line
                if not has_metrics and signs.METRICS.search(logical):
                    has_metrics = True
                matched = start_match(line)
                if matched is None or not self._begins(line, previous, root_column):
                    verdict = self._unmatched(index, previous, logical, root_column, has_metrics)
                    if verdict == "end":
                        return index
                    if verdict == "skip":
                        self.joints.left_out.add(index)
                        index += 1
                        continue
                    if verdict == "joint":
                        self.joints.wrapped.append(index)
                        logical += line
                        depth, quote = balance(line, depth, quote)
                        previous = index
                        index += 1
                        continue
                logical = line
                depth, quote = balance(line)
            elif quote:
                closes = self._closes(index, depth, quote)
                if closes is None:
                    # never closed: the line above was cut short
                    self._cut(previous)
                    depth, quote = 0, ""
                    continue
                self.joints.inside_literal.extend(range(index, closes + 1))
                for inner in range(index, closes + 1):
                    depth, quote = balance(texts[inner], depth, quote)
                logical = logical + texts[closes]
                previous = closes
                index = closes + 1
                continue
            elif signs.FULL_ARROW.match(line) or signs.FOOTER.match(line) or self._ends(index):
                self._cut(previous)
                depth = 0
                continue
            else:
                self.joints.wrapped.append(index)
                depth, quote = balance(line, depth, quote)
                logical += line
            previous = index
            index += 1
        return index

    def _lost_margin(self, root: int) -> int:
        """Blanks that the root was pasted without: its first property or child stands two columns from it."""
        column = indent_of(self.texts[root])
        for text in self.texts[root + 1 : root + 6]:
            if signs.ARROW.match(text) or signs.PROPERTY.match(text) or signs.LABEL.match(text):
                if "\t" in text[: indent_of(text)]:
                    return 0
                return max(0, min(indent_of(text) - column - 2, 8))
        return 0

    def _cut(self, index: int) -> None:
        self.warnings.append(
            PlanWarning(self.numbers[index], "the line ends within brackets or quotes: it was cut short")
        )

    def _below_query(self, start: int) -> int:
        """The root below ``Query Text:``: best one before which the statement's quotes are closed."""
        texts = self.texts
        column = indent_of(texts[start])
        first: int | None = None
        quotes = texts[start].count("'")
        for index in range(start + 1, len(texts)):
            text = texts[index]
            if text and signs.ROOT.match(text) and indent_of(text) <= column + 1:
                if quotes % 2 == 0:
                    return index
                first = index if first is None else first
            quotes += text.count("'")
        if first is not None:
            return first
        for index in range(start + 1, len(texts)):
            if signs.BARE_ROOT.match(texts[index]) and indent_of(texts[index]) <= column + 1:
                return index
        return len(texts)

    def _begins(self, line: str, previous: int, root_column: int) -> bool:
        """Whether a line that looks like a plan's line stands where such a line may stand."""
        stripped = line.lstrip()
        column = len(line) - len(stripped)
        columns = self._columns
        if stripped.startswith("->"):
            while len(columns) > 1 and columns[-1] >= column:
                columns.pop()
            columns.append(column)
            return True
        if column <= root_column:
            return signs.FOOTER.match(line) is not None
        if len(self.texts[previous]) + 1 + len(stripped.partition(" ")[0]) <= self._width:
            return True
        if self._fits(column) or column == root_column + 4:
            return True
        return column >= 6 and column > columns[-1] and signs.KNOWN.match(stripped) is not None

    def _fits(self, column: int) -> bool:
        """Whether a property of an open operator, or of one of its workers, begins at the column."""
        return any(column in (c + 6, c + 8) for c in reversed(self._columns))

    def _unmatched(self, index: int, previous: int, logical: str, root_column: int, has_metrics: bool) -> str:
        """What to do with a line that does not begin a line of the plan: end, skip, joint, or start."""
        line = self.texts[index]
        stripped = line.strip()
        if not stripped:
            return "skip" if self._goes_on(index, root_column) else "end"
        if self._ends(index):
            return "end"
        column = indent_of(line)
        if signs.ROOT.match(line) and column <= root_column and not self._unfinished(logical, has_metrics):
            return "end"
        if (
            self._unfinished(logical, has_metrics)
            or stripped[0] in "(),.=<>0123456789'"
            or logical.rstrip().endswith(",")
        ):
            return "joint"
        if column >= 6 and self._fits(column) and signs.BEGINS_KEY.match(stripped):
            return "start"
        before = self.texts[previous]
        first = stripped.partition(" ")[0]
        if len(before) + 1 + len(first) > self._width and len(before) > 12:
            return "joint"
        if column > root_column and signs.PROPERTY.match(line):
            return "start"
        if self._goes_on(index, root_column):
            self.warnings.append(PlanWarning(self.numbers[index], "no line of a plan: left out"))
            return "skip"
        return "end"

    def _unfinished(self, logical: str, has_metrics: bool) -> bool:
        """Whether the line so far cannot be a whole line of a plan."""
        if signs.ARROW.match(logical):
            return has_metrics and signs.METRICS.search(logical) is None
        if signs.START.match(logical):
            return False
        return signs.ROOT.match(logical) is None and signs.BARE_ROOT.match(logical) is None

    def _ends(self, index: int) -> bool:
        """Whether the line can stand only after a plan."""
        line = self.texts[index].lstrip()
        return (
            signs.COUNT.match(line) is not None
            or (signs.TIMING.match(line) is not None and signs.FOOTER.match(line) is None)
            or signs.RULE.match(line) is not None
            or signs.HEADER.match(line) is not None
            or signs.FENCE.match(line) is not None
            or signs.PROMPT.match(line) is not None
            or signs.LOGGED.match(line) is not None
            or signs.LOG_LINE.match(line) is not None
        )

    def _goes_on(self, index: int, root_column: int) -> bool:
        """Whether the plan goes on below a line that is not its own."""
        for later in range(index + 1, min(index + 4, len(self.texts))):
            text = self.texts[later]
            if not text.strip():
                continue
            if signs.FOOTER.match(text) and indent_of(text) == root_column:
                return True
            column = indent_of(text)
            return column > root_column and (
                signs.ARROW.match(text) is not None
                or (signs.PROPERTY.match(text) is not None and column > root_column + 1)
            )
        return False

    def _closes(self, index: int, depth: int, quote: str) -> int | None:
        """The line that closes the quote open before line ``index``; None when none does."""
        if self._failures >= _FAILURES:
            return None
        for later in range(index, min(index + _LITERAL_LINES, len(self.texts))):
            text = self.texts[later]
            if quote in text:
                after, still = balance(text, depth, quote)
                if still:
                    continue
                if after <= max(depth - 1, 0) or not signs.START.match(text):
                    return later
                return later
        self._failures += 1
        return None
