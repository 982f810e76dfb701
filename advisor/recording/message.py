"""What a failed test prints: both places in the code, the two statements, how often, and what to change.

Values of statements never show. Lines of code do: they are the user's own.
"""

from __future__ import annotations

import linecache
import os
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from advisor.model.recorded import CallSite, RecordedRepetition

if TYPE_CHECKING:
    from advisor.recording.trace import Trace

#: Characters of a statement that are shown: its beginning says what it reads, its end what it asks for.
_SQL = 300
_SHOWN = 5
_HEADS = {
    "n_plus_one": "N+1: {n} statements where one would do",
    "count_per_row": "N+1: {n} counts, one for each row",
    "exists_per_row": "N+1: {n} tests for existence, one for each row",
    "aggregate_per_row": "N+1: {n} aggregates, one for each row",
    "update_per_row": "One UPDATE a row: {n} statements",
    "insert_per_row": "One INSERT a row: {n} statements",
    "delete_per_row": "One DELETE a row: {n} statements",
    "get_or_create": "Look up, then insert, one row at a time: {n} times",
    "redundant": "The same question {n} times",
    "loop": "A loop: {n} statements of one shape",
    "list_then_detail": "Single rows of a list, each in a transaction of its own: {n} statements",
}


def n_plus_one(found: Sequence[RecordedRepetition]) -> str:
    """Text of a failed `assert_no_n_plus_one`."""
    shown = [described(repetition) for repetition in found[:_SHOWN]]
    if len(found) > _SHOWN:
        shown.append(f"... and {len(found) - _SHOWN} more")
    return "\n\n".join(shown)


def described(repetition: RecordedRepetition) -> str:
    """One repetition in full."""
    head = _HEADS[repetition.kind].format(n=repetition.n)
    if repetition.instances > 1:
        head += f" ({repetition.repeats} in {repetition.instances} loops)"
    lines = [head, "", f"  child   {place(repetition.site)}"]
    lines += _source(repetition.site)
    lines += [f"          {via}" for via in _callers(repetition.stack)]
    lines += [f"          ran {repetition.n} times:", *_sql(repetition.child_sql), ""]
    if repetition.parent_sql is not None:
        rows = f", {_number(repetition.parent_rows)} rows" if repetition.parent_rows else ""
        lines += [f"  parent  {place(repetition.parent_site)}{rows}"]
        lines += [*_source(repetition.parent_site), *_sql(repetition.parent_sql), ""]
    elif repetition.lazy is not None:
        lines += ["  parent  not among these statements: the objects were loaded before", ""]
    lines += _wrapped("  fix     ", repetition.fix)
    if repetition.batched_sql is not None:
        lines += ["          in SQL, one statement for all rows:", *_sql(repetition.batched_sql)]
    lines += ["", *_wrapped("  why     ", "; ".join(repetition.reasons))]
    return "\n".join(lines)


def too_many(trace: Trace, most: int) -> str:
    """Text of a failed `assert_max_queries`."""
    lines = [f"{trace.count} statements, {most} allowed", "", *_most_often(trace)]
    found = trace.n_plus_ones()
    if found:
        lines += ["", n_plus_one(found)]
    return "\n".join(lines)


def report(trace: Trace) -> str:
    """Text of `Trace.report`."""
    other = Counter(s.phase if s.phase != "work" else "transaction" for s in trace.statements if not s.counted)
    head = f"{trace.count} statements, {trace.round_trips} round trips, {trace.seconds * 1000:.1f} ms"
    if other:
        names = ", ".join(f"{number} {_OTHER[name]}" for name, number in sorted(other.items()))
        head += f" (not counted: {names})"
    lines = [head, *_missed(trace)]
    for repetition in trace.repetitions:
        lines += ["", described(repetition), f"  {_VERDICTS[repetition.tier]}"]
        if repetition.set_up:
            lines.append("          the test's own preparation: no assertion fails for it")
    if trace.count:
        lines += ["", *_most_often(trace)]
    return "\n".join(lines)


_OTHER = {
    "transaction": "of transactions",
    "driver": "of the driver",
    "fixture": "of fixtures",
    "migration": "of migrations",
}
_VERDICTS = {
    "confirmed": "tier    confirmed: the mapper was seen loading",
    "likely": "tier    likely",
    "possible": "tier    possible: no assertion fails for it",
}


def _missed(trace: Trace) -> list[str]:
    return [f"not seen: {what}" for what in trace.missed]


def _most_often(trace: Trace) -> list[str]:
    counts = Counter((s.normalised, s.call_site) for s in trace.statements if s.counted)
    lines = ["most often:"]
    for (text, site), number in counts.most_common(_SHOWN):
        lines.append(f"  {number:4d} x {place(site)}")
        lines.append(f"         {textwrap.shorten(text, 160, placeholder=' ...')}")
    return lines


def place(site: CallSite | None) -> str:
    """``file:line in function``, the file as seen from the working directory."""
    if site is None:
        return "no line of the program's own code"
    where = f"{relative(site.file)}:{site.line}"
    return f"{where} (template)" if site.template else f"{where} in {site.function}"


def relative(file: str) -> str:
    """A path from the working directory, where it is below that."""
    try:
        found = os.path.relpath(file)
    except ValueError:  # another drive
        return file
    return file if found.startswith("..") else found


def _source(site: CallSite | None) -> list[str]:
    line = linecache.getline(site.file, site.line).strip() if site is not None else ""
    return [f"          > {line[:140]}"] if line else []


def _callers(stack: Sequence[CallSite]) -> Iterable[str]:
    for site in stack[1:4]:
        yield f"called by {place(site)}"
    if len(stack) > 4:
        yield f"... {len(stack) - 4} more lines, from {place(stack[-1])}"


def _sql(text: str) -> list[str]:
    if len(text) > _SQL:
        text = f"{text[: _SQL * 2 // 3]} ... {text[-_SQL // 3 :]}"
    return [
        "            " + line
        for part in text.splitlines()
        for line in textwrap.wrap(part, 104, break_long_words=False, break_on_hyphens=False)
    ]


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        116,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"
