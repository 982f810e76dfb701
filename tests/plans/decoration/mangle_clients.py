"""What the program that ran EXPLAIN makes of it."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable

Lines = list[str]
Client = Callable[[Lines, random.Random], Lines]

_RULES = {"single": "─│┼┌┐├┤└┘", "double": "═║╬╔╗╠╣╚╝", "ascii": "-|+++++++"}


def clients(engine: str, format: str, lines: Lines) -> list[Client]:
    """Those that may have printed this."""
    if engine == "postgresql":
        if format == "text":
            return [*_POSTGRESQL, *_ROWS]
        return [*_POSTGRESQL, *_DOCUMENT, *([_compact, _four] if format == "json" else [])]
    if format == "tabular" or (format == "eqp" and not lines[0].startswith(("|--", "`--"))):
        return _TABLE
    if format == "eqp":
        return [_as_is, _sqlite]
    return [_as_is, _terminated, _mysql_raw, *([_compact, _four] if format == "json" else [])]


def _as_is(lines: Lines, rng: random.Random) -> Lines:
    return list(lines)


def _psql_session(lines: Lines, rng: random.Random) -> Lines:
    """A whole session: other statements around, timing on, a footer in somebody's language."""
    width = max(len(line) for line in lines)
    multi = lines[0].lstrip()[:1] in "[<-{" or lines[0].startswith("Plan")
    prompt = rng.choice(["shop=# ", "shop=> ", "postgres@db1:5432/shop=# ", "[local] postgres@shop=# "])
    before = rng.choice([[], [prompt + "set work_mem = '64MB';", "SET"], [prompt + "\\timing on", "Timing is on."]])
    query = rng.choice(
        [
            [prompt + "EXPLAIN ANALYZE SELECT * FROM orders WHERE id > 10;"],
            [prompt + "explain (analyze, buffers) select count(*)", prompt.replace("=", "-", 1) + "from orders;"],
            [],
        ]
    )
    body = [f" {line.ljust(width)}+" if multi and n + 1 < len(lines) else " " + line for n, line in enumerate(lines)]
    count = 1 if multi else len(lines)
    word = rng.choice(["rows", "rows", "rows", "wiersze", "řádek", "行", "filas", "sor", "satır"])
    after = rng.choice(
        [[], ["", "Time: 3.456 ms"], ["", prompt + "select 1;", " ?column? ", "----------", "        1", "(1 row)"]]
    )
    return [
        *before,
        *query,
        " " + "QUERY PLAN".center(width) + " ",
        "-" * (width + 2),
        *body,
        f"({count} {word})",
        *after,
    ]


def _psql_box(lines: Lines, rng: random.Random) -> Lines:
    dash, bar, _, a, b, c, d, e, f = _RULES[rng.choice(list(_RULES))]
    width = max(10, *(len(line) for line in lines))
    multi = lines[0].lstrip()[:1] in "[<-{" or lines[0].startswith("Plan")
    mark = "+" if bar == "|" else "↵"
    rows = [
        f"{bar} {line.ljust(width)}{mark if multi and n + 1 < len(lines) else ' '}{bar}" for n, line in enumerate(lines)
    ]
    rule = dash * (width + 2)
    return [a + rule + b, f"{bar} {'QUERY PLAN'.center(width)} {bar}", c + rule + d, *rows, e + rule + f, "(1 row)"]


def _psql_tuples_only(lines: Lines, rng: random.Random) -> Lines:
    return [" " + line for line in lines]


def _quoted(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


def _pgadmin(lines: Lines, rng: random.Random) -> Lines:
    """Rows copied out of pgAdmin's grid: with a header or without, as strings."""
    if lines[0].lstrip()[:1] in "[<-{" or lines[0].startswith("Plan"):
        return [*rng.choice([[], ['"QUERY PLAN"']]), *_quoted("\n".join(lines)).split("\n")]
    return [*rng.choice([[], ['"QUERY PLAN"'], ["QUERY PLAN", "text"]]), *(_quoted(line) for line in lines)]


_POSTGRESQL: list[Client] = [_as_is, _psql_session, _psql_session, _psql_box, _psql_tuples_only, _pgadmin]


def _inserts(lines: Lines, rng: random.Random) -> Lines:
    """DataGrip's and DBeaver's export as SQL."""
    table = rng.choice(['"MY_TABLE"("QUERY PLAN")', 'MY_TABLE ("QUERY PLAN")', '"null" ("QUERY PLAN")'])
    return [f"INSERT INTO {table} VALUES ('" + line.replace("'", "''") + "');" for line in lines]


def _json_rows(lines: Lines, rng: random.Random) -> Lines:
    """A grid exported as JSON."""
    rows = [{"QUERY PLAN": line} for line in lines]
    if rng.random() < 0.5:
        return ["[", *(f"  {json.dumps(row)}{',' if n + 1 < len(rows) else ''}" for n, row in enumerate(rows)), "]"]
    return json.dumps(rows, indent=rng.choice([None, 1, 2, 4])).split("\n")


def _tuples(lines: Lines, rng: random.Random) -> Lines:
    """What a driver for Python fetched, printed."""
    rows = [(line,) for line in lines]
    return [repr(rows)] if rng.random() < 0.5 else [repr(row) for row in rows]


def _numbered(lines: Lines, rng: random.Random) -> Lines:
    """A grid's row numbers came along, or an editor's."""
    form = rng.choice(["{n}\t{line}", "{n}. {line}", "{n:>3}  {line}", "{n:>4} | {line}", "{n},{quoted}"])
    return [form.format(n=n, line=line, quoted=_quoted(line)) for n, line in enumerate(lines, 1)]


def _frame(lines: Lines, rng: random.Random) -> Lines:
    """A pandas data frame: flush right, row numbers before."""
    width = max(10, *(len(line) for line in lines))
    digits = len(str(len(lines)))
    return [" " * digits + "  " + "QUERY PLAN".rjust(width)] + [
        f"{n:<{digits}}  {line.rjust(width)}" for n, line in enumerate(lines)
    ]


def _rails(lines: Lines, rng: random.Random) -> Lines:
    width = max(len(line) for line in lines)
    head = ['=> EXPLAIN SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 [["id", 1]]']
    return [
        *head,
        " " + "QUERY PLAN".center(width),
        "-" * (width + 2),
        *(" " + line for line in lines),
        f"({len(lines)} rows)",
    ]


def _markdown(lines: Lines, rng: random.Random) -> Lines:
    width = max(10, *(len(line) for line in lines))
    cells = [line.replace("|", "\\|") for line in lines]
    return [
        "|" + "QUERY PLAN".ljust(width) + "|",
        "|" + "-" * width + "|",
        *("|" + c.ljust(width) + "|" for c in cells),
    ]


def _auto_explain(lines: Lines, rng: random.Random) -> Lines:
    """The server's own log, other entries around the plan."""
    head = rng.choice(
        [
            "2024-05-06 07:08:09.123 CEST [4711] ",
            "2024-05-06 07:08:09 UTC:10.0.0.7(51234):app@shop:[4711]:",
            "2024-05-06 07:08:09.123 UTC [4711]: [3-1] user=app,db=shop,app=psql,client=10.0.0.7 ",
        ]
    )
    query = ["Query Text: SELECT * FROM orders o", "  WHERE o.id > 10"]
    other = [head + "LOG:  checkpoint starting: time"]
    return [
        *rng.choice([[], other]),
        head + "LOG:  duration: 345.678 ms  plan:",
        *("\t" + line for line in [*query, *lines]),
        *rng.choice([[], other]),
    ]


def _csvlog(lines: Lines, rng: random.Random) -> Lines:
    message = "\n".join(["duration: 345.678 ms  plan:", "Query Text: SELECT 1", *lines])
    out = io.StringIO()
    row: list[object] = [
        "2024-05-06 07:08:09.123 UTC",
        "app",
        "shop",
        4711,
        "10.0.0.7:51234",
        "65f0c0de.1267",
        3,
        "SELECT",
    ]
    row += ["2024-05-06 07:00:00 UTC", "4/12", 0, "LOG", "00000", message, *[""] * 8, "psql", "client backend", "", 0]
    csv.writer(out, lineterminator="\n").writerow(row)
    return out.getvalue().rstrip("\n").split("\n")


def _jsonlog(lines: Lines, rng: random.Random) -> Lines:
    message = "\n".join(["duration: 345.678 ms  plan:", "Query Text: SELECT 1", *lines])
    entry = {"timestamp": "2024-05-06 07:08:09.123 UTC", "user": "app", "dbname": "shop", "pid": 4711}
    return [json.dumps({**entry, "error_severity": "LOG", "message": message, "backend_type": "client backend"})]


_ROWS: list[Client] = [
    *(_inserts, _json_rows, _tuples, _numbered, _frame, _rails, _markdown),
    *(_auto_explain, _auto_explain, _csvlog, _jsonlog),
]


def _string(lines: Lines, rng: random.Random) -> Lines:
    """The document as a string within JSON."""
    return json.dumps({"query_plan": "\n".join(lines)}).split("\n")


def _cell_of_rows(lines: Lines, rng: random.Random) -> Lines:
    return json.dumps([{"QUERY PLAN": "\n".join(lines)}], indent=2).split("\n")


def _one_tuple(lines: Lines, rng: random.Random) -> Lines:
    return [repr([("\n".join(lines),)])]


_DOCUMENT: list[Client] = [_string, _cell_of_rows, _one_tuple, _auto_explain]


def _compact(lines: Lines, rng: random.Random) -> Lines:
    return _printed(lines, None)


def _four(lines: Lines, rng: random.Random) -> Lines:
    return _printed(lines, rng.choice([0, 1, 4, "\t"]))


def _printed(lines: Lines, indent: int | str | None) -> Lines:
    """Through jq or an editor; a document that is no JSON (MariaDB's sometimes is not) stays as it is."""
    try:
        value = json.loads("\n".join(lines), object_pairs_hook=_once)
    except ValueError:
        return list(lines)
    return json.dumps(value, indent=indent).split("\n")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _terminated(lines: Lines, rng: random.Random) -> Lines:
    star = "*" * 27
    return [
        "mysql> explain select 1\\G",
        f"{star} 1. row {star}",
        "EXPLAIN: " + lines[0],
        *lines[1:],
        "1 row in set (0.00 sec)",
        "",
    ]


def _mysql_raw(lines: Lines, rng: random.Random) -> Lines:
    return ["EXPLAIN", *lines]


def _sqlite(lines: Lines, rng: random.Random) -> Lines:
    return ["sqlite> EXPLAIN QUERY PLAN SELECT 1;", "QUERY PLAN", *lines, "sqlite> "]


# Tables --------------------------------------------------------------------------------------------------------------


def _grid(lines: Lines) -> list[list[str]]:
    return [line.split("\t") for line in lines]


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]


def _spaced(lines: Lines, rng: random.Random) -> Lines:
    """Columns apart by blanks alone."""
    rows = _grid(lines)
    widths = _widths(rows)
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _org(lines: Lines, rng: random.Random) -> Lines:
    rows = _grid(lines)
    widths = _widths(rows)
    shown = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return [shown[0], "|" + "+".join("-" * (w + 2) for w in widths) + "|", *shown[1:]]


def _semicolons(lines: Lines, rng: random.Random) -> Lines:
    out = io.StringIO()
    csv.writer(out, delimiter=rng.choice(";,\t"), lineterminator="\n", quoting=rng.choice([0, 1])).writerows(
        _grid(lines)
    )
    return out.getvalue().rstrip("\n").split("\n")


def _objects(lines: Lines, rng: random.Random) -> Lines:
    head, *rows = _grid(lines)
    return json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=2).split("\n")


def _jira_table(lines: Lines, rng: random.Random) -> Lines:
    head, *rows = _grid(lines)
    return ["||" + "||".join(head) + "||", *("|" + "|".join(cell or " " for cell in row) + "|" for row in rows)]


def _box(lines: Lines, rng: random.Random) -> Lines:
    rows = _grid(lines)
    widths = _widths(rows)
    rule = "+" + "+".join("-" * (w + 2) for w in widths) + "+"
    shown = [
        "| " + " | ".join(c.rjust(w) if c.isdigit() else c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |"
        for r in rows
    ]
    return [rule, shown[0], rule, *shown[1:], rule, f"{len(rows) - 1} rows in set, 1 warning (0,00 sec)"]


_TABLE: list[Client] = [_as_is, _spaced, _org, _semicolons, _objects, _jira_table, _box]
