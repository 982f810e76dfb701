"""A line for psql: which commands stand on it, and whether SQL follows behind them.

Several may stand on one: an unquoted backslash begins the next, and ``\\\\`` goes back to SQL (psql's manual,
"Meta-Commands"). Some take the rest of the line as it is.
"""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""'(?>(?:[^'\\]++|\\.|'')*)'?|"[^"]*"?|`[^`]*`?|\\\\|\\([a-zA-Z_]+|[!?])|[^'"`\\]+|\\""", re.DOTALL
)
#: psql's commands that run what nobody here reads: files, the results of a query, programs.
RUNS = frozenset({"i", "ir", "include", "include_relative", "gexec", "!"})
#: They take the rest of the line.
_WHOLE = frozenset({"!", "copy"})


def commands(line: str) -> tuple[tuple[str, ...], str]:
    """The names of the commands on a line that begins with one, in order, and the SQL behind ``\\\\``."""
    names: list[str] = []
    for piece in _PIECE.finditer(line):
        if piece[0] == "\\\\":
            return tuple(names), line[piece.end() :].strip()
        if piece[1]:
            names.append(piece[1])
            if piece[1] in _WHOLE:
                break
    return tuple(names), ""


def hidden(line: str) -> str | None:
    """Why what a line does is not known; None: it runs nothing of its own."""
    names, sql = commands(line)
    for name in names:
        if name in RUNS:
            return f"what psql's \\{name} runs is not read: give its file, or write the statements out"
    return "SQL behind a command of psql is not read: put it on a line of its own" if sql else None
