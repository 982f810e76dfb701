"""Lines of a plan whose form is known from end to end: what a wrapped one must look like once it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_COST = rf"\(cost={_NUMBER}(?:\.\.{_NUMBER})?(?: rows={_NUMBER})?(?: width=\d+)?\)|\(rows={_NUMBER}\)"
_ACTUAL = rf"\((?:actual (?:time={_NUMBER}\.\.{_NUMBER} )?rows={_NUMBER} loops=\d+|never executed)\)"
_TAIL = re.compile(rf"(?:{_COST})(?: {{1,2}}{_ACTUAL})?$|{_ACTUAL}$")
_OPENING = ("(cost=", "(actual ", "(never executed", "(rows=")
_BRACKETS = re.compile(r"\( ?(?:cost ?=|actual ?(?:time|rows)|never ?executed|rows ?=)")
_SETS = r"(?:shared|local|temp)(?: (?:hit|read|dirtied|written)=\d+)+"
_TIMES = r"(?:(?:shared|local|temp)(?:/local)? )?(?:read|write)=\d+\.\d+(?: write=\d+\.\d+)?"
_SIZE = r"\d+(?:kB|bytes)?"
_FORMS = {
    "Buffers": rf"{_SETS}(?:, {_SETS})*",
    "I/O Timings": rf"{_TIMES}(?:, {_TIMES})*",
    "Rows Removed by Filter": r"\d+(?:\.\d+)?",
    "Rows Removed by Join Filter": r"\d+(?:\.\d+)?",
    "Rows Removed by Index Recheck": r"\d+(?:\.\d+)?",
    "Rows Removed by Conflict Filter": r"\d+(?:\.\d+)?",
    "Heap Fetches": r"\d+(?:\.\d+)?",
    "Workers Planned": r"\d+",
    "Workers Launched": r"\d+",
    "Index Searches": r"\d+",
    "Subplans Removed": r"\d+",
    "Functions": r"\d+",
    "Planning Time": r"\d+\.\d+ ms",
    "Planning time": r"\d+\.\d+ ms",
    "Execution Time": r"\d+\.\d+ ms",
    "Execution time": r"\d+\.\d+ ms",
    "Total runtime": r"\d+\.\d+ ms",
    "Sort Method": rf" ?[a-zN -]+  (?:Memory|Disk): {_SIZE}",
    "Buckets": rf"\d+(?: \(originally \d+\))?  Batches: \d+(?: \(originally \d+\))?  Memory Usage: {_SIZE}",
    "Batches": rf"\d+(?: \(originally \d+\))?  Memory Usage: {_SIZE}(?:  Disk Usage: {_SIZE})?",
    "Hits": rf"\d+  Misses: \d+  Evictions: \d+  Overflows: \d+  Memory Usage: {_SIZE}",
    "Heap Blocks": r"(?:exact=\d+)?(?: ?lossy=\d+)?",
    "WAL": r"[a-z ]+=\d+(?: [a-z ]+=\d+)*",
    "Timing": r"\w+ \d+\.\d+ ms(?: \([^()]*\))?(?:, \w+ \d+\.\d+ ms(?: \([^()]*\))?)*",
    "Options": r"\w+ (?:true|false)(?:, \w+ (?:true|false))*",
}
_BY_LETTERS = {
    name.replace(" ", "").lower(): re.compile(rf"{re.escape(name)}: {form}$") for name, form in _FORMS.items()
}
_WORKER = re.compile(r"Worker ?\d+: +")
#: Two blanks stand before these, wherever a line was cut.
_AFTER_TWO = re.compile(
    r"\((?:cost=|rows=)|(?:Memory|Disk|Memory Usage|Disk Usage|Batches|Misses|Evictions|Overflows|Storage):"
)
_ACTUALS = re.compile(r"\((?:actual |never executed)")


def check_of(line: str) -> Callable[[str], object] | None:
    """The test that the line must pass once it is joined rightly, blanks aside; None where its form is free."""
    lead = line.lstrip()
    worker = _WORKER.match(lead)
    if worker:
        lead = lead[worker.end() :]
    key, colon, _ = lead.partition(":")
    if colon:
        known = _BY_LETTERS.get(key.replace(" ", "").lower())
        if known is not None:
            found = known

            def check(text: str) -> object:
                text = text.strip()
                head = _WORKER.match(text)
                return found.match(text[head.end() :] if head else text)

            return check
    if lead.startswith("->") or _BRACKETS.search(line):
        if colon and "(" not in key and not lead.startswith("->"):
            return None
        return _node if _BRACKETS.search(line) else None
    return None


def _node(text: str) -> object:
    """Whether the line ends in whole brackets, a blank before them."""
    near = max(0, len(text) - 200)
    starts = [at for at in (text.find(word, near) for word in _OPENING) if at > 0]
    return bool(starts) and text[min(starts) - 1] == " " and _TAIL.match(text, min(starts))


def doubled_blank(left: str, right: str) -> str:
    """Joined with the blanks that the server prints there: ``left`` ends in one."""
    if _AFTER_TWO.match(right):
        return left.rstrip() + "  " + right
    if _ACTUALS.match(right) and not left.rstrip().endswith(")"):
        return left.rstrip() + " " + right
    return left + right
