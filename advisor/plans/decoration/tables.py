"""Result tables of the MySQL, MariaDB and SQLite clients in every form that they print."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import pairwise

from advisor.plans.decoration import signs
from advisor.plans.decoration.lines import Lines

_TABULAR = {"id", "select_type", "table"}
_NAMES = frozenset(
    (
        *("id", "select_type", "table", "partitions", "type", "possible_keys", "key", "key_len", "ref", "rows"),
        *("r_rows", "filtered", "r_filtered", "extra"),
    )
)
_SQLITE = ({"id", "parent", "detail"}, {"selectid", "order", "from", "detail"}, {"selectid", "from", "detail"})
_BARS = "|│║┃"
_INNER = re.compile(r"[|│║┃]")
_MARKDOWN_RULE = re.compile(r"[ \t]*\|?(?: *:?-+:? *[|+])*(?: *:?-+:? *\|)(?: *:?-+:?)? *$")
_COUNTED = frozenset({"rows", "r_rows", "filtered", "r_filtered"})
_COUNT = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?$")
_EMPHASIS = re.compile(r"(?P<mark>\*{1,3}|__|`|~~)(?P<text>[^*`~]+)(?P=mark)$")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


@dataclass(slots=True)
class Table:
    """Columns, rows of cells, the line each began on; ``end``: the first line after it."""

    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]
    line: int
    end: int
    raw: Lines | None = None
    """The body of a table of one column, as its lines stand."""

    def kind(self) -> str | None:
        """tabular (MySQL's EXPLAIN), eqp (SQLite's), or None."""
        names = {name.strip().lower() for name in self.columns}
        if names >= _TABULAR and ("type" in names or "rows" in names or "extra" in names):
            return "tabular"
        if any(names >= wanted for wanted in _SQLITE):
            return "eqp"
        return None

    def tab_separated(self) -> Lines:
        """As `mysql --batch` prints it."""
        rows = [self.columns, *self.rows]
        return Lines(["\t".join(cell.translate(_ESCAPED) for cell in row) for row in rows], [self.line, *self.numbers])


def is_header(text: str) -> bool:
    """Whether a line holds the column names of such a table, whatever stands between them."""
    low = text.lower()
    if "select_type" in low:
        names = set(re.findall(r"\w+", low))
        return names >= _TABULAR and len(names) < 30 and ("rows" in names or "extra" in names or "type" in names)
    if "detail" in low and len(text) < 200:
        names = set(re.findall(r"\w+", low))
        return names in ({"id", "parent", "notused", "detail"}, {"selectid", "order", "from", "detail"})
    return False


def box(lines: Lines, start: int) -> Table | None:
    """A box of ``+---+`` or drawn lines, from its upper rule; None when no header row follows."""
    texts = lines.texts
    if start + 1 >= len(texts) or texts[start + 1].lstrip()[:1] not in tuple(_BARS):
        return None
    rule = texts[start].strip()
    edges = [i for i, c in enumerate(rule) if c in "+┌┬┐╔╦╗╭╮"]
    head = texts[start + 1].strip()
    columns = [cell.strip() for cell in _cells(head, edges, None)]
    index = start + 2
    if index < len(texts) and signs.RULE.match(texts[index]):
        index += 1
    body_start = index
    single = len(columns) == 1
    while index < len(texts) and not _closing(texts[index], rule):
        if not single and texts[index].strip()[:1] not in tuple(_BARS):
            if not texts[index].strip():
                break
            # a cell with a line break: the row goes on
            index += 1
            continue
        index += 1
    end = index + 1 if index < len(texts) and _closing(texts[index], rule) else index
    if end < len(texts) and signs.COUNT.match(texts[end].lstrip()):
        end += 1
    table = Table(columns, [], [], lines.numbers[start + 1], end)
    if single:
        table.raw = lines.part(body_start, index)
        return table
    # Lines whose last bars were not copied are rows all the same.
    closed = head[-1:] in tuple(_BARS)
    joined: list[tuple[str, int]] = []
    for position in range(body_start, index):
        text = texts[position]
        open_end = closed and joined and joined[-1][0].rstrip()[-1:] not in tuple(_BARS)
        if joined and (open_end or text.strip()[:1] not in tuple(_BARS)):
            joined[-1] = (joined[-1][0] + "\n" + text, joined[-1][1])
        else:
            joined.append((text, lines.numbers[position]))
    for text, number in joined:
        table.rows.append([cell.strip(" ") for cell in _cells(text.strip(), edges, len(columns))])
        table.numbers.append(number)
    return _merged(table)


def _closing(text: str, rule: str) -> bool:
    stripped = text.strip()
    return (
        len(stripped) > 2
        and stripped[0] in "+└╚╰"
        and signs.RULE.match(text) is not None
        and len(stripped) >= len(rule) - 2
    )


def _cells(row: str, edges: list[int], wanted: int | None) -> list[str]:
    """Cells at the columns of the rule, where bars stand there; else between bars, ``wanted`` at most."""
    if len(edges) > 1 and len(row) == edges[-1] + 1 and all(row[e] in _BARS for e in edges):
        return [row[a + 1 : b] for a, b in pairwise(edges)]
    inner = row[1:] if row[:1] in _BARS else row
    inner = inner[:-1] if inner[-1:] in _BARS and inner else inner
    cells = _INNER.split(inner)
    if wanted is not None and len(cells) > wanted > 0:
        cells = [*cells[: wanted - 1], "|".join(cells[wanted - 1 :])]
    return cells


def _merged(table: Table) -> Table:
    """Every row as wide as the header."""
    width = len(table.columns)
    table.rows = [(row + [""] * width)[:width] for row in table.rows]
    return table


def markdown(lines: Lines, start: int) -> Table | None:
    """A markdown table: header, a rule of dashes, rows."""
    texts = lines.texts
    if start + 1 >= len(texts) or not _MARKDOWN_RULE.match(texts[start + 1]):
        return None
    columns = [_unemphasised(cell.strip()) for cell in _split(texts[start])]
    if not columns:
        return None
    table = Table(columns, [], [], lines.numbers[start], start + 2)
    index = start + 2
    while index < len(texts) and "|" in texts[index]:
        cells = _split(texts[index])
        width = len(columns)
        if len(cells) > width:
            cells = [*cells[: width - 1], "|".join(cells[width - 1 :])]
        if width > 1:
            cells = [_unemphasised(cell.strip()) for cell in cells]
        table.rows.append((cells + [""] * width)[:width])
        table.numbers.append(lines.numbers[index])
        index += 1
    table.end = index
    if len(columns) == 1:
        table.raw = Lines(
            [(row[0][1:] if row[0].startswith(" ") else row[0]).rstrip().replace("<br>", "\n") for row in table.rows],
            table.numbers,
        )
    return table


def _unemphasised(cell: str) -> str:
    """A cell without the marks that make all of it bold, or code."""
    found = _EMPHASIS.match(cell)
    return found.group("text").strip() if found else cell


def _split(text: str) -> list[str]:
    inner = text.strip()
    inner = inner[1:] if inner.startswith("|") else inner
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def delimited(lines: Lines, start: int) -> Table | None:
    """Tab-, comma-, semicolon- or bar-separated, header first."""
    texts = lines.texts
    head = texts[start]
    separator = next((c for c in ("\t", ",", ";", "|") if head.count(c) >= 2), None)
    if separator is None:
        return _columns(lines, start) or _spaced(lines, start)
    if separator == "\t":
        columns = [cell.strip().strip('"') for cell in head.strip("\n").split("\t")]
        table = Table(columns, [], [], lines.numbers[start], start + 1)
        index = start + 1
        while index < len(texts) and texts[index].count("\t") >= 2:
            cells = [_unescaped(cell) for cell in texts[index].split("\t")]
            table.rows.append(cells)  # the reader tells of cells that are missing, or too many
            table.numbers.append(lines.numbers[index])
            index += 1
        table.end = index
        return table
    if separator == "|":
        columns = [cell.strip() for cell in head.split("|")]
        table = Table(columns, [], [], lines.numbers[start], start + 1)
        index = start + 1
        if index < len(texts) and re.match(r"[ \t]*-{2,}(?:[+|]-+)+ *$", texts[index]):
            index += 1
        while index < len(texts) and texts[index].count("|") >= len(columns) - 1:
            cells = texts[index].split("|", len(columns) - 1)
            table.rows.append([cell.strip() for cell in cells])
            table.numbers.append(lines.numbers[index])
            index += 1
        table.end = index
        return table
    return _csv(lines, start, separator)


_STEP = re.compile(r"[ \t]*(\d+)\|(\d+)\|(\d+)\|(.*\S)[ \t]*$")


def is_step(text: str) -> bool:
    """Whether a line is a row of SQLite's plan whose column names were not printed (list mode, Rails)."""
    found = _STEP.match(text)
    return found is not None and signs.STEP.match(found.group(4)) is not None


def steps(lines: Lines, start: int) -> Table:
    """Such rows. Since 3.24 the first cell is the row's own number, above 0; before it was the select's."""
    rows: list[list[str]] = []
    index = start
    while index < len(lines) and (found := _STEP.match(lines.texts[index])):
        rows.append(list(found.groups()))
        index += 1
    own = {row[0] for row in rows}
    newer = len(own) == len(rows) and "0" not in own
    columns = ["id", "parent", "notused", "detail"] if newer else ["selectid", "order", "from", "detail"]
    return Table(columns, rows, list(lines.numbers[start:index]), lines.numbers[start], index)


def _csv(lines: Lines, start: int, separator: str) -> Table | None:
    end = start + 1
    texts = lines.texts
    while end < len(texts) and texts[end].strip():
        end += 1
    reader = csv.reader((text + "\n" for text in texts[start:end]), delimiter=separator)
    table: Table | None = None
    before = 0
    try:
        for row in reader:
            number = lines.numbers[start + before]
            first = before
            before = reader.line_num
            if table is None:
                table = Table([cell.strip() for cell in row], [], [], number, end)
                continue
            if len(row) < 2:
                table.end = start + first
                break
            width = len(table.columns)
            table.rows.append((row + [""] * width)[:width])
            table.numbers.append(number)
    except csv.Error:
        return table
    return table


def _columns(lines: Lines, start: int) -> Table | None:
    """Cells at the columns of a line of dashes (SQLite's column mode)."""
    texts = lines.texts
    if start + 1 >= len(texts) or not re.match(r"[ \t]*-{2,}(?: +-{2,})+[ \t]*$", texts[start + 1]):
        return None
    spans = [m.span() for m in re.finditer(r"-+", texts[start + 1])]
    bounds = [(a, spans[k + 1][0] if k + 1 < len(spans) else None) for k, (a, _) in enumerate(spans)]
    columns = [texts[start][a:b].strip() for a, b in bounds]
    table = Table(columns, [], [], lines.numbers[start], start + 2)
    index = start + 2
    while index < len(texts) and texts[index].strip() and re.match(r" *(?:\d+|NULL) ", texts[index]):
        table.rows.append([texts[index][a:b].strip() for a, b in bounds])
        table.numbers.append(lines.numbers[index])
        index += 1
    table.end = index
    return table


_TWO_WORDS = re.compile(r"(?:DEPENDENT|UNCACHEABLE|LATERAL)$|UNION$")
_SECOND = re.compile(r"(?:SUBQUERY|UNION|DERIVED|RESULT|RECURSIVE)$")


def _spaced(lines: Lines, start: int) -> Table | None:
    """Cells with blanks between them (tabs that a page made blanks of): only where every row shows which is which."""
    columns = lines.texts[start].split()
    low = [name.lower() for name in columns]
    if "rows" not in low or low[:2] != ["id", "select_type"] or low[-1] != "extra":
        return None
    table = Table(columns, [], [], lines.numbers[start], start + 1)
    width = len(columns)
    index = start + 1
    while index < len(lines) and re.match(r"[ \t]*\d+[ \t]+[A-Z]", lines.texts[index]):
        cells = lines.texts[index].split()
        if len(cells) > 2 and _TWO_WORDS.match(cells[1]) and _SECOND.match(cells[2]):
            cells[1:3] = [f"{cells[1]} {cells[2]}"]
        cells = [*cells[: width - 1], " ".join(cells[width - 1 :])]
        counted = [cells[k] for k, name in enumerate(low) if name in _COUNTED and k < len(cells)]
        if len(cells) != width or not all(cell == "NULL" or _COUNT.match(cell) for cell in counted):
            return None
        table.rows.append(cells)
        table.numbers.append(lines.numbers[index])
        index += 1
    table.end = index
    return table if table.rows else None


def _unescaped(cell: str) -> str:
    """A cell of the batch mode, its escapes undone."""
    if "\\" not in cell:
        return cell
    return re.sub(r"\\([ntr0\\])", lambda m: {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}[m.group(1)], cell)


_FIRST_NAME = re.compile(r"[ \t]*id: \d+[ \t]*$")
_SECOND_NAME = re.compile(r"[ \t]*select_type: [A-Z]")


def is_unstarred(lines: Lines, index: int) -> bool:
    """Whether a vertical row begins on the line whose stars were not copied."""
    texts = lines.texts
    return (
        index + 1 < len(texts)
        and _FIRST_NAME.match(texts[index]) is not None
        and _SECOND_NAME.match(texts[index + 1]) is not None
    )


def vertical(lines: Lines, start: int) -> tuple[Table | None, Lines, int]:
    """Rows below ``*** 1. row ***``: the table, or the lines of a single cell (EXPLAIN, ANALYZE); the line after it."""
    texts = lines.texts
    columns: list[str] = []
    rows: list[dict[str, str]] = []
    numbers: list[int] = []
    index = start
    width: int | None = None
    while index < len(texts):
        text = texts[index]
        starred = signs.STARS.match(text) is not None
        if starred or (is_unstarred(lines, index) and (not rows or "id" in rows[-1])):
            rows.append({})
            numbers.append(lines.numbers[index])
            index += starred
            width = None
            if starred:
                continue
        named = re.match(r"\s*([A-Za-z_][\w ()*.]*?): ?(.*)$", text)
        if named and rows:
            column = named.start(1) + len(named.group(1))
            name = named.group(1)
            if name.upper() in ("EXPLAIN", "ANALYZE", "QUERY PLAN") and not rows[-1]:
                return None, *_cell(lines, index, named.start(2))
            if width is None or column == width or name.lower() in _NAMES:
                width = column
                rows[-1][name] = named.group(2).rstrip()
                if name not in columns:
                    columns.append(name)
                index += 1
                continue
        if not text.strip() or signs.COUNT.match(text) or signs.FENCE.match(text) or not rows or not rows[-1]:
            break
        last = columns[-1]
        rows[-1][last] = rows[-1].get(last, "") + "\n" + text
        index += 1
    if index < len(texts) and signs.COUNT.match(texts[index].lstrip()):
        index += 1
    table = Table(columns, [[row.get(c, "") for c in columns] for row in rows], numbers, lines.numbers[start], index)
    return table, Lines([], []), index


def _cell(lines: Lines, index: int, offset: int) -> tuple[Lines, int]:
    """The one cell of a vertical row, down to the count or the next row."""
    texts = lines.texts
    end = index + 1
    while end < len(texts) and not any(sign.match(texts[end]) for sign in (signs.COUNT, signs.STARS, signs.FENCE)):
        end += 1
    part = lines.part(index, end)
    part.texts = [part.texts[0][offset:], *part.texts[1:]]
    if end < len(texts) and signs.COUNT.match(texts[end]):
        end += 1
    return part, end
