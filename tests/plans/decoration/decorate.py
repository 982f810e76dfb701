"""What happens to a plan between the server and the one who reads it: seeded, random, in orders that occur in real life.

``decorate(text, rng, engine=.., format=..)`` puts a client's frame around a plan as the server printed it, then (sometimes)
a wrap, then what carried it (mail, markdown, a page, a log's shipper), then what befell its characters. ``text`` of a
tabular plan and of SQLite's rows is tab-separated, column names first, as ``mysql --batch`` prints it.

The tests ask that the decorated text reads as the plain one does, or warns.
"""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
import textwrap
from collections.abc import Callable

Lines = list[str]

_STYLES = {
    "ascii": ("-", "|", "+", "+"),
    "old-ascii": ("-", "|", "+", " "),
    "unicode": ("─", "│", "┼", "↵"),
}
_FOOTERS = [
    "({n} rows)",
    "({n} lignes)",
    "({n} filas)",
    "({n} Zeilen)",
    "({n} строк)",
    "({n} 行记录)",
    "({n} righe)",
    "({n} linhas)",
]
_TIMES = [
    "Time: 12.345 ms",
    "Temps : 0,305 ms",
    "Duración: 1,234 ms",
    "Zeit: 12,345 ms",
    "Time: 71234.100 ms (01:11.234)",
]
_MULTILINE = ("json", "yaml", "xml")


def decorate(text: str, rng: random.Random, *, engine: str, format: str, wraps: bool = True) -> str:
    """The plan as somebody would paste it. ``wraps=False`` leaves out what cuts lines."""
    lines = text.rstrip("\n").split("\n")
    client = rng.choice(_clients(engine, format, lines))
    lines = client(lines, rng, format)
    if wraps and client in _WRAPPABLE and rng.random() < 0.35 and (engine, format) in _WRAPPED:
        lines = rng.choice([_hard_wrap, _hard_wrap, _word_wrap])(lines, rng)
    for carrier in rng.sample(_CARRIERS, k=rng.choice([0, 0, 1, 1, 2])):
        lines = carrier(lines, rng)
    if rng.random() < 0.3:
        lines = _prose(lines, rng)
    out = "\n".join(lines)
    for change in rng.sample(_CHARACTERS, k=rng.choice([0, 0, 1, 1, 2])):
        out = change(out, rng)
    return out


# clients --------------------------------------------------------------------------------------------------------------


def _clients(engine: str, format: str, lines: Lines) -> list[Callable[[Lines, random.Random, str], Lines]]:
    if engine == "postgresql":
        clients = [_plain, _psql, _psql, _psql, _expanded, _unaligned, _quoted_cells, _csv, _one_cell]
        if format == "text":
            clients += [_dbeaver, _datagrip, _log, _markdown_cell, _psql_wrapped, _html_table, _single_quotes]
        return clients
    if format == "tabular":
        return [_plain, _mysql_box, _grid_markdown, _grid_csv, _vertical, _html_grid]
    if format == "eqp":
        return (
            [_plain, _sqlite_tree]
            if lines[0].startswith(("|--", "`--"))
            else [_plain, _mysql_box, _list, _columns, _drawn_box]
        )
    return [_plain, _mysql_cell, _vertical_cell, _batch_cell, _entry]


def _plain(lines: Lines, rng: random.Random, format: str) -> Lines:
    return list(lines)


def _footer(count: int, rng: random.Random) -> Lines:
    footer = [rng.choice(_FOOTERS).format(n=count)] if rng.random() < 0.8 else []
    if rng.random() < 0.4:
        footer += [*([""] if rng.random() < 0.5 else []), rng.choice(_TIMES)]
    return footer


def _command(rng: random.Random) -> Lines:
    return rng.choice(
        [
            [],
            [],
            ["EXPLAIN SELECT * FROM customer WHERE id = 3;"],
            ["test=# explain (analyze, buffers)", "test-# select *", "test-#   from customer;"],
            ["=> EXPLAIN ANALYZE SELECT 1;"],
        ]
    )


def _psql(lines: Lines, rng: random.Random, format: str) -> Lines:
    border = rng.choice([0, 1, 1, 1, 2])
    style = rng.choice(["ascii", "ascii", "unicode", "old-ascii"])
    dash, bar, _, mark = _STYLES[style]
    multi = format in _MULTILINE
    width = max(10, *(len(line) for line in lines))
    body = []
    for number, line in enumerate(lines):
        more = multi and number + 1 < len(lines)
        if border == 2:
            body.append(f"{bar} {line.ljust(width)}{mark if more else ' '}{bar}")
        else:
            shown = line.ljust(width) + mark if more else line
            body.append(" " + shown if border == 1 else shown)
    head = "QUERY PLAN".center(width)
    count = 1 if multi else len(lines)
    if border == 0:
        framed = [head + " ", dash * width, *body]
    elif border == 1:
        framed = [f" {head} ", dash * (width + 2), *body]
    else:
        corners = "++++++" if style != "unicode" else "┌┐├┤└┘"
        framed = [
            corners[0] + dash * (width + 2) + corners[1],
            f"{bar} {head} {bar}",
            corners[2] + dash * (width + 2) + corners[3],
            *body,
            corners[4] + dash * (width + 2) + corners[5],
        ]
    return [*_command(rng), *framed, *_footer(count, rng)]


def _psql_wrapped(lines: Lines, rng: random.Random, format: str) -> Lines:
    width = rng.choice([60, 70, 78, 100, 118])
    dot = rng.choice([".", "…"])
    body: Lines = []
    for line in lines:
        pieces = [line[i : i + width] for i in range(0, len(line), width)] or [""]
        for number, piece in enumerate(pieces):
            lead = dot if number else " "
            tail = dot if number + 1 < len(pieces) else ""
            body.append(lead + piece.ljust(width) + tail if tail else lead + piece)
    dash = "─" if dot == "…" else "-"
    return [
        *_command(rng),
        " " + "QUERY PLAN".center(width) + " ",
        dash * (width + 2),
        *body,
        *_footer(len(lines), rng),
    ]


def _expanded(lines: Lines, rng: random.Random, format: str) -> Lines:
    border = rng.choice([0, 1, 1, 2])
    style = rng.choice(["ascii", "unicode"])
    dash, bar, _, mark = _STYLES[style]
    word = rng.choice(["RECORD", "RECORD", "ENREGISTREMENT", "Datensatz", "REGISTRO"])
    width = max(len(line) for line in lines)
    cells = [lines] if format in _MULTILINE else [[line] for line in lines]
    out: Lines = _command(rng)
    for number, cell in enumerate(cells, 1):
        if border == 0:
            out.append(f"* {word.capitalize()} {number}" + " " * 20)
        elif border == 1:
            out.append(f"{dash}[ {word} {number} ]".ljust(width + 12, dash))
        else:
            out.append(
                ("+" if style == "ascii" else "┌" if number == 1 else "├")
                + f"{dash}[ {word} {number} ]".ljust(width + 15, dash)
                + ("+" if style == "ascii" else "┐")
            )
        for position, line in enumerate(cell):
            more = position + 1 < len(cell)
            shown = line.ljust(width) + mark if more else line
            name = "QUERY PLAN" if position == 0 else " " * 10
            if border == 0:
                out.append(f"{name} {shown}")
            elif border == 1:
                out.append(f"{name} {bar} {shown}")
            else:
                out.append(f"{bar} {name} {bar} {line.ljust(width)}{mark if more else ' '}{bar}")
    if border == 2:
        out.append(
            ("+" if style == "ascii" else "└")
            + dash * 12
            + ("+" if style == "ascii" else "┴")
            + dash * (width + 2)
            + ("+" if style == "ascii" else "┘")
        )
    return out


def _unaligned(lines: Lines, rng: random.Random, format: str) -> Lines:
    return [*_command(rng), "QUERY PLAN", *lines, *_footer(1 if format in _MULTILINE else len(lines), rng)]


def _quoted(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


def _quoted_cells(lines: Lines, rng: random.Random, format: str) -> Lines:
    if format in _MULTILINE:
        return _one_cell(lines, rng, format)
    return [
        *(["QUERY PLAN"] if rng.random() < 0.2 else ['"QUERY PLAN"'] if rng.random() < 0.4 else []),
        *map(_quoted, lines),
    ]


def _single_quotes(lines: Lines, rng: random.Random, format: str) -> Lines:
    return [f"'{line}'" for line in lines] if not any("'" in line for line in lines) else _plain(lines, rng, format)


def _datagrip(lines: Lines, rng: random.Random, format: str) -> Lines:
    return [
        *(["QUERY PLAN"] if rng.random() < 0.6 else []),
        *(_quoted(x) if '"' in x or "," in x else x for x in lines),
    ]


def _csv(lines: Lines, rng: random.Random, format: str) -> Lines:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["QUERY PLAN"])
    writer.writerows([["\n".join(lines)]] if format in _MULTILINE else [[line] for line in lines])
    return out.getvalue().rstrip("\n").split("\n")


def _one_cell(lines: Lines, rng: random.Random, format: str) -> Lines:
    cell = _quoted("\n".join(lines)).split("\n")
    return [*(['"QUERY PLAN"'] if rng.random() < 0.3 else []), *cell]


def _dbeaver(lines: Lines, rng: random.Random, format: str) -> Lines:
    width = max(len(line) for line in lines)
    return ["QUERY PLAN".ljust(width), "-" * width, *(line.ljust(width) for line in lines)]


def _markdown_cell(lines: Lines, rng: random.Random, format: str) -> Lines:
    return ["| QUERY PLAN |", "| --- |", *("| " + line.replace("|", "\\|") + " |" for line in lines)]


def _html_table(lines: Lines, rng: random.Random, format: str) -> Lines:
    out = ['<table border="1">', "  <tr>", '    <th align="center">QUERY PLAN</th>', "  </tr>"]
    for line in lines:
        blanks = len(line) - len(line.lstrip(" "))
        out += [
            '  <tr valign="top">',
            '    <td align="left">' + "&nbsp;" * blanks + html.escape(line.lstrip(" ")) + "</td>",
            "  </tr>",
        ]
    return [*out, "</table>", f"<p>({len(lines)} rows)<br />", "</p>"]


def _log(lines: Lines, rng: random.Random, format: str) -> Lines:
    prefix = rng.choice(["2024-05-06 07:08:09.123 UTC [4711] app@shop ", "2024-05-06 07:08:09 CEST [12-1] "])
    word = rng.choice(["LOG", "LOG", "JOURNAL"])
    query = ["Query Text: select *", "  from customer -- it's a comment", " where id > 3"]
    return [f"{prefix}{word}:  duration: 12.345 ms  plan:", *("\t" + line for line in [*query, *lines])]


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]


def _rows(lines: Lines) -> list[list[str]]:
    return [line.split("\t") for line in lines]


def _mysql_box(lines: Lines, rng: random.Random, format: str) -> Lines:
    rows = _rows(lines)
    widths = _widths(rows)
    rule = "+" + "+".join("-" * (w + 2) for w in widths) + "+"
    shown = ["|" + "|".join(f" {cell.ljust(w)} " for cell, w in zip(row, widths, strict=True)) + "|" for row in rows]
    prompt = ["mysql> explain select *", "    -> from customer;"] if format == "tabular" and rng.random() < 0.3 else []
    return [
        *prompt,
        rule,
        shown[0],
        rule,
        *shown[1:],
        rule,
        *([f"{len(rows) - 1} rows in set (0.00 sec)"] if rng.random() < 0.5 else []),
    ]


def _drawn_box(lines: Lines, rng: random.Random, format: str) -> Lines:
    rows = _rows(lines)
    widths = _widths(rows)

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    shown = ["│" + "│".join(f" {cell.ljust(w)} " for cell, w in zip(row, widths, strict=True)) + "│" for row in rows]
    return [rule("┌", "┬", "┐"), shown[0], rule("├", "┼", "┤"), *shown[1:], rule("└", "┴", "┘")]


def _grid_markdown(lines: Lines, rng: random.Random, format: str) -> Lines:
    rows = [[cell.replace("|", "\\|") for cell in row] for row in _rows(lines)]
    return [
        "| " + " | ".join(rows[0]) + " |",
        "|" + "|".join("---" for _ in rows[0]) + "|",
        *("| " + " | ".join(row) + " |" for row in rows[1:]),
    ]


def _grid_csv(lines: Lines, rng: random.Random, format: str) -> Lines:
    out = io.StringIO()
    writer = csv.writer(
        out, lineterminator="\n", quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), delimiter=rng.choice(",,;")
    )
    writer.writerows(_rows(lines))
    return out.getvalue().rstrip("\n").split("\n")


def _vertical(lines: Lines, rng: random.Random, format: str) -> Lines:
    head, *rows = _rows(lines)
    width = max(map(len, head))
    out: Lines = []
    for number, row in enumerate(rows, 1):
        out.append("*" * 27 + f" {number}. row " + "*" * 27)
        out += [f"{name.rjust(width)}: {cell}" for name, cell in zip(head, row, strict=True)]
    return [*out, *([f"{len(rows)} rows in set (0.01 sec)"] if rng.random() < 0.5 else [])]


def _html_grid(lines: Lines, rng: random.Random, format: str) -> Lines:
    rows = _rows(lines)
    head = "<TR>" + "".join(f"<TH>{html.escape(c)}</TH>" for c in rows[0]) + "</TR>"
    body = "".join("<TR>" + "".join(f"<TD>{html.escape(c)}</TD>" for c in row) + "</TR>" for row in rows[1:])
    return [f"<TABLE BORDER=1>{head}{body}</TABLE>"]


def _list(lines: Lines, rng: random.Random, format: str) -> Lines:
    return ["|".join(row) for row in _rows(lines)]


def _columns(lines: Lines, rng: random.Random, format: str) -> Lines:
    rows = _rows(lines)
    widths = _widths(rows)
    shown = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return [shown[0], "  ".join("-" * w for w in widths), *shown[1:]]


def _sqlite_tree(lines: Lines, rng: random.Random, format: str) -> Lines:
    return [
        *(["sqlite> explain query plan select * from customer;"] if rng.random() < 0.5 else []),
        "QUERY PLAN",
        *lines,
    ]


def _mysql_cell(lines: Lines, rng: random.Random, format: str) -> Lines:
    width = len("\n".join(lines))
    rule = "+" + "-" * (width + 2) + "+"
    head = "| " + "EXPLAIN".ljust(width) + " |"
    body = ("| " + "\n".join(lines) + " |").split("\n")
    return [rule, head, rule, *body, rule, *(["1 row in set (0.00 sec)"] if rng.random() < 0.6 else [])]


def _vertical_cell(lines: Lines, rng: random.Random, format: str) -> Lines:
    return [
        "*" * 27 + " 1. row " + "*" * 27,
        "EXPLAIN: " + lines[0],
        *lines[1:],
        *(["1 row in set (0.00 sec)"] if rng.random() < 0.6 else []),
    ]


def _entry(lines: Lines, rng: random.Random, format: str) -> Lines:
    return ["EXPLAIN: " + lines[0], *lines[1:]]


def _batch_cell(lines: Lines, rng: random.Random, format: str) -> Lines:
    return ["EXPLAIN", "\n".join(lines).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")]


# wraps ----------------------------------------------------------------------------------------------------------------

_WRAPPED = {("postgresql", "text"), ("postgresql", "json"), ("mysql", "tree"), ("postgresql", "yaml")}
_WRAPPABLE = (_plain, _psql, _dbeaver, _unaligned)


def _hard_wrap(lines: Lines, rng: random.Random) -> Lines:
    width = rng.choice([40, 60, 72, 76, 80, 80, 100, 120, 132, 160, 200])
    strip = rng.random() < 0.3
    out: Lines = []
    for line in lines:
        out += [line[i : i + width] for i in range(0, max(len(line), 1), width)]
    return [line.rstrip() for line in out] if strip else out


def _word_wrap(lines: Lines, rng: random.Random) -> Lines:
    """At blanks, which are eaten; a word longer than the width stays whole."""
    width = rng.choice([60, 72, 76, 80, 100, 120])
    indent = rng.choice(["", "", "    "])
    out: Lines = []
    for line in lines:
        blanks = line[: len(line) - len(line.lstrip())]
        if len(line) <= width:
            out.append(line)
            continue
        out += textwrap.wrap(
            line.lstrip(),
            width,
            initial_indent=blanks,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return out


# carriers -------------------------------------------------------------------------------------------------------------


def _mail(lines: Lines, rng: random.Random) -> Lines:
    mark = rng.choice(["> ", "> ", "> > ", ">> ", ">"])
    return [(mark + line).rstrip() if not line else mark + line for line in lines]


def _fence(lines: Lines, rng: random.Random) -> Lines:
    opening, closing = rng.choice(
        [("```", "```"), ("```sql", "```"), ("{code}", "{code}"), ("{noformat}", "{noformat}"), ("~~~", "~~~")]
    )
    return [opening, *lines, closing]


def _indent(lines: Lines, rng: random.Random) -> Lines:
    blanks = " " * rng.choice([1, 2, 4, 8])
    return [blanks + line if line else line for line in lines]


def _page(lines: Lines, rng: random.Random) -> Lines:
    if lines and lines[0].lstrip().lower().startswith("<"):
        return lines
    escaped = [html.escape(line, quote=False) for line in lines]
    return (
        ["<pre>", *escaped, "</pre>"]
        if rng.random() < 0.5
        else ["<pre>" + escaped[0], *escaped[1:-1], escaped[-1] + "</pre>"]
        if len(escaped) > 1
        else escaped
    )


def _syslog(lines: Lines, rng: random.Random) -> Lines:
    number = rng.randrange(1, 90)
    head = "Nov 22 10:00:00 db1 postgres[4711]: "
    out = []
    for part, line in enumerate(lines, 1):
        tabs = re.match("\t*", line).group()  # type: ignore[union-attr]
        body = "#011" * len(tabs) + line[len(tabs) :]
        out.append(f"{head}[{number}-{part}] {body}")
    return out


def _container(lines: Lines, rng: random.Random) -> Lines:
    if rng.random() < 0.5:
        return [f"2024-05-06T07:08:09.{n:09d}Z stderr F {line}" for n, line in enumerate(lines)]
    return [json.dumps({"log": line + "\n", "stream": "stderr", "time": "2024-05-06T07:08:09Z"}) for line in lines]


_CARRIERS = [_mail, _mail, _fence, _indent, _page, _syslog, _container]


def _prose(lines: Lines, rng: random.Random) -> Lines:
    before = rng.choice(
        [[], ["Hi all,", "", "this query is slow since Monday, can anyone help?", ""], ["the plan:", ""]]
    )
    after = rng.choice([[], ["", "Thanks in advance", "Bob"], ["", "Which index would help here?"]])
    return [*before, *lines, *after]


# characters -----------------------------------------------------------------------------------------------------------


def _crlf(text: str, rng: random.Random) -> str:
    return text.replace("\n", "\r\n")


def _bom(text: str, rng: random.Random) -> str:
    return "\ufeff" + text


def _nbsp(text: str, rng: random.Random) -> str:
    return (
        re.sub("^ +", lambda m: "\u00a0" * len(m.group()), text, flags=re.MULTILINE)
        if re.search("^ ", text, re.M)
        else text
    )


def _trailing(text: str, rng: random.Random) -> str:
    blanks = " " * rng.choice([1, 3])
    return "\n".join(line + blanks for line in text.split("\n"))


def _blank_ends(text: str, rng: random.Random) -> str:
    return "\n" * rng.randrange(3) + text + "\n" * rng.randrange(4)


def _colour(text: str, rng: random.Random) -> str:
    return "\n".join(f"\x1b[32m{line}\x1b[0m" if rng.random() < 0.3 else line for line in text.split("\n"))


_CHARACTERS = [_crlf, _bom, _nbsp, _trailing, _blank_ends, _colour]
