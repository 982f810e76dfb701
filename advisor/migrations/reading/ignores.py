"""``-- advisor: ignore RULE[, RULE] reason``: comments by which somebody decided about a finding.

Only the exact form counts, and what looks like one without being one is told: an ignore that silently does nothing, or
silently does more than it says, is worse than none.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from advisor.migrations.reading.cut import Lines, Span
from advisor.model.migration import Ignore, MigrationStatement

_RULE = r"[A-Z][A-Z0-9_-]{1,31}"
_EXACT = re.compile(
    rf"advisor:[ \t]*(?P<verb>ignore|ignore-file)[ \t]+(?P<rules>{_RULE}(?:[ \t]*,[ \t]*{_RULE})*)"
    r"(?P<rest>(?:\s.*)?)\Z",
    re.DOTALL,
)
_ALIKE = re.compile(r"[\W_]*advisor\b[\W_]*(?:ignore|disable|skip|nolint|noqa)", re.IGNORECASE)
_ALIKE_INSIDE = re.compile(rb"(?:--|#|/\*)[ \t]*advisor[ \t]*:?[ \t]*ignore", re.IGNORECASE)
#: A second rule that no comma parts from the first.
_ANOTHER = re.compile(r"[A-Z][A-Z_-]*[0-9][A-Z0-9_-]*\b")
_FORM = "write `-- advisor: ignore RULE[, RULE] reason`"


def ignores(
    data: bytes, lines: Lines, comments: list[Span], statements: list[MigrationStatement], spans: list[Span], file: str
) -> tuple[list[Ignore], list[str]]:
    """The ignores of a file, and what looks like one. ``spans``: where each of ``statements`` begins and ends, with its
    comments."""
    found: list[Ignore] = []
    notes: list[str] = []
    starts = [span.start for span in spans]
    for comment in comments:
        text = _content(data[comment.start : comment.end])
        line = lines(comment.start)
        exact = _EXACT.match(text)
        if exact is None:
            if _ALIKE.match(text):
                notes.append(f"line {line}: this comment ignores nothing: {_FORM}")
            continue
        rest = " ".join(exact["rest"].split())
        if _ANOTHER.match(rest):
            notes.append(f"line {line}: this comment ignores nothing: rules are parted by commas; {_FORM}")
            continue
        about: int | None = None
        if exact["verb"] == "ignore":
            at = _meant(data, lines, comment, starts, spans)
            if at is None:
                notes.append(f"line {line}: this comment ignores nothing: no statement follows it")
                continue
            about = statements[at].line
        rules = tuple(dict.fromkeys(re.findall(_RULE, exact["rules"])))
        reason = rest.lstrip("-:– ").strip()
        found.append(Ignore(file=file, line=line, rules=rules, reason=reason, statement_line=about))
    seen = {comment.start for comment in comments}
    for match in _ALIKE_INSIDE.finditer(data):
        before = bisect_right(starts, match.start()) - 1
        if match.start() not in seen and before >= 0 and match.start() < spans[before].end:
            where = f"line {lines(match.start())}"
            notes.append(
                f"{where}: this comment ignores nothing: it stands in a string or body; put it before the statement"
            )
    return found, notes


def _content(comment: bytes) -> str:
    """The words of a comment."""
    text = comment.decode("utf-8", "replace")
    if text.startswith("/*"):
        return text.removeprefix("/*").removesuffix("*/").strip()
    return text.removeprefix("--").removeprefix("#").strip()


def _meant(data: bytes, lines: Lines, comment: Span, starts: list[int], spans: list[Span]) -> int | None:
    """Index of the statement that a comment is about: the one it stands in or behind on a line, else the next."""
    after = bisect_left(starts, comment.start)
    before = after - 1
    if before >= 0 and comment.start < spans[before].end:
        return before
    if after < len(spans) and lines(spans[after].start) == lines(comment.end):
        return after
    if before >= 0 and lines(spans[before].end - 1) == lines(comment.start):
        return before
    line_start = data.rfind(b"\n", 0, comment.start) + 1
    if before >= 0 and data[line_start : comment.start].strip() == b";":
        return before  # a terminator on a line of its own
    return after if after < len(spans) else None
