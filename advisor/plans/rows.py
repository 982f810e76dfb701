"""Rows of an EXPLAIN: tab-separated as `decoration` hands them over, and drawn as a box again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from advisor.model.plan import PlanWarning
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt


@dataclass(frozen=True, slots=True)
class Row:
    """One row: values by column name in lower case; NULL is None."""

    line: int
    values: dict[str, str | None]

    def get(self, column: str) -> str | None:
        """The value; None for a column that is not there too."""
        return self.values.get(column)


@dataclass(slots=True)
class Rows:
    """What was read: rows under their heads."""

    columns: tuple[str, ...]
    """As printed."""
    rows: list[Row]
    warnings: list[PlanWarning] = field(default_factory=list)


#: NULL in the words of mysql, DBeaver, DataGrip and Navicat.
_NULLS = frozenset({"NULL", "\\N", "[NULL]", "<null>", "(NULL)", "(Null)"})
#: A cell of which nothing is cut off: a number is printed with two decimals.
_WHOLE = re.compile(r"^(?:\d+\.\d\d|NULL)$")


def read(excerpt: Excerpt, known: Collection[str]) -> Rows:
    """The rows of an excerpt. ``known``: the column names, in lower case, by which the heads are recognised."""
    found: Rows | None = None
    before: list[PlanWarning] = []
    lines = excerpt.text.rstrip("\n").split("\n")
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        number = excerpt.number(index)
        cells = [_plain(cell) for cell in line.split("\t")]
        if found is None:
            names = [cell.strip() for cell in cells]
            if sum(name.lower() in known for name in names) * 4 >= len(names) * 3:
                found = Rows(tuple(names), [], before)
            else:
                before.append(PlanWarning(number, f"not understood: {line.strip()[:60]}"))
            continue
        if len(cells) == len(found.columns) - 1 and (index < len(lines) - 1 or _WHOLE.search(cells[-1])):
            cells.append("")  # the last cell was empty and its tab was trimmed
        if len(cells) != len(found.columns):
            found.warnings.append(PlanWarning(number, f"left out, for it has not a cell a column: {line.strip()[:60]}"))
            continue
        values = {
            name.lower(): None if cell.strip() in _NULLS else cell
            for name, cell in zip(found.columns, cells, strict=True)
        }
        found.rows.append(Row(number, values))
    if found is None:
        raise PlanError(f"line {excerpt.number(0)}: no names of EXPLAIN's columns. Paste the plan with its first line.")
    return found


def _plain(cell: str) -> str:
    """`mysql --batch` writes tab, line end and backslash with a backslash."""
    if "\\" not in cell or cell == "\\N":
        return cell
    return re.sub(r"\\([tn0\\])", lambda match: {"t": "\t", "n": "\n", "0": "\0"}.get(match[1], match[1]), cell)


def box(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """The rows as the mysql client draws them; tab-separated, with escapes, where a value holds a line end or a bar."""
    cells = [["NULL" if cell is None else cell for cell in row] for row in rows]
    if any(mark in cell for row in cells for cell in row for mark in "\n\r\t|\\"):
        escape = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
        return "\n".join("\t".join(cell.translate(escape) for cell in row) for row in [list(columns), *cells])
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    border = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [
        "|" + "|".join(f" {text:<{w}} " for text, w in zip(row, widths, strict=True)) + "|" for row in [columns, *cells]
    ]
    return "\n".join([border, lines[0], border, *lines[1:], border])
