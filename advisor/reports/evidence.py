"""Evidence and advice as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from advisor.model.finding import Finding
from advisor.reports import figures
from advisor.reports.escape import one_line, visible

#: Said already by the finding's head, or meant for machines.
_ELSEWHERE = frozenset(
    {"fingerprint", "table_name", "column_name", "index_columns", "columns", "include", "method", "cure", "operator"}
    | {"join_sql", "sample_sql", "title", "severity", "confidence", "certainty"}
)
#: Of findings about migrations: words and figures that their titles are made of.
_IN_TITLES = frozenset(
    {"queued_high", "per_second", "lock_mode", "price", "what", "how_many", "statements", "use", "what_is", "since"}
    | {"done", "busiest", "shapes", "times", "locked", "occurrences", "executed", "cannot", "failure", "ratios"}
)
_SENTENCE_END = re.compile(r"[.!?]\)? (?=[A-Z`(])")
#: Of counters, made up from the mean.
_SPREAD = frozenset({"n_p95", "n_max"})
#: Shorter pieces are words that advice holds by chance.
_SENTENCE = 24
_LIST_ITEM = re.compile(r"\s*([-*]|\d+\.)\s")


def readable(evidence: Mapping[str, Any], finding: Finding | None = None) -> list[tuple[str, str]]:
    """Label and text of each piece: times and sizes with their unit, numbers rounded; what the head or the advice of
    the finding says is left out."""
    out = []
    counters = evidence.get("unit_of_work") == "counters"
    for key, value in evidence.items():
        if key in _ELSEWHERE or value is None or value == "" or (counters and key in _SPREAD):
            continue
        if finding is not None and _said(key, value, finding):
            continue
        label, text = key.replace("_", " "), str(value)
        if key == "checked" and not text.startswith("the same"):
            label = "note"  # why it was not rewritten or not checked
        if isinstance(value, bool):
            text = "yes" if value else "no"
        elif isinstance(value, int | float):
            if counters and key == "n_median":
                label = "n mean"  # totals tell no median
            if key.endswith("_us"):
                label, text = label.removesuffix(" us"), figures.seconds(value / 1e6)
            elif key.endswith("bytes"):
                label, text = label.removesuffix(" bytes"), figures.size(int(value))
            elif key.endswith("share"):
                text = figures.share(float(value))
            elif key.endswith("_ms"):
                label, text = label.removesuffix(" ms"), figures.milliseconds(value)
            elif key.endswith("_percent"):
                label, text = label.removesuffix(" percent"), f"{value:,.3g} %"
            else:
                text = f"{value:,}" if isinstance(value, int) or abs(value) >= 999.5 else f"{value:,.3g}"
                text = text.removesuffix(".0")
        out.append((label, text))
    return out


def _said(key: str, value: Any, finding: Finding) -> bool:
    """Whether the head names it (title, tables, columns), or the advice quotes it."""
    if key in _IN_TITLES and finding.rule.startswith("MIG"):
        return True
    if not isinstance(value, str):
        return False
    if key.endswith("_column"):
        return any(name.rpartition(".")[2] == value for name in finding.columns)
    if key.endswith("_table"):
        return value in finding.tables or any(name.rpartition(".")[0] == value for name in finding.columns)
    return value in finding.title or (len(value) >= _SENTENCE and value in finding.advice)


def brief(text: str, limit: int = 220) -> str:
    """The first sentences of advice that fit into ``limit`` characters, at least one, cut at a word if it must be."""
    whole = one_line(paragraphs(text)[0])
    if len(whole) <= limit:
        return whole
    end = max((found.end() for found in _SENTENCE_END.finditer(whole, 0, limit)), default=0)
    return whole[:end].rstrip() if end else whole[: whole.rfind(" ", 1, limit)].rstrip(" ,;:") + " …"


def paragraphs(text: str) -> list[str]:
    """Markdown prose as paragraphs of one line each; items of a list and lines of code stay lines."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", visible(text).strip()):
        lines = block.splitlines()
        if any(line.startswith(("    ", "```")) for line in lines):
            out.append("\n".join(lines))
            continue
        joined: list[str] = []
        for line in lines:
            if joined and not _LIST_ITEM.match(line):
                joined[-1] += " " + line.strip()
            else:
                joined.append(line.rstrip())
        out.append("\n".join(joined))
    return out or [""]
