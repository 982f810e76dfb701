"""From text to a sqlglot tree, or a reason why not.

sqlglot is asked last: what is too long or nested too deep for a recursive parser is refused before it is tried, and
forms that clients write but servers never see (``%s``, ``DECLARE c CURSOR FOR``) are put into the form the server sees.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from advisor.graphs.graph import NotAnalysed
from advisor.model.engine import EngineName
from advisor.model.limits import LIMITS

_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_CURSOR = re.compile(
    r"""\s*+DECLARE\s++(?:"[^"]*+"|[\w$]++)\s++(?>(?:(?:BINARY|ASENSITIVE|INSENSITIVE|NO\s++SCROLL|SCROLL)\s++)*)CURSOR\s++"""
    r"(?>(?:WITH(?:OUT)?\s++HOLD\s++)?)FOR\s++",
    re.IGNORECASE,
)
_PREPARE = re.compile(r"""\s*+PREPARE\s++(?:"[^"]*+"|[\w$]++)\s*+(?>(?:\([^)]*+\)\s*+)?)AS\s++""", re.IGNORECASE)
_COPY = re.compile(r"\s*+COPY\s*+\((?=\s*+(?:SELECT|WITH|VALUES|TABLE)\b)", re.IGNORECASE)
_REPLACE = re.compile(r"\s*+REPLACE\s++(?>(?:(?:LOW_PRIORITY|DELAYED)\s++)?)(?>(?:INTO\s++)?)", re.IGNORECASE)
_INSERT_OR = re.compile(r"\s*+INSERT\s++OR\s++(?:REPLACE|IGNORE|ABORT|FAIL|ROLLBACK)\s++INTO\b", re.IGNORECASE)
_QUIET = re.compile(
    r"\s*+(?:BEGIN|START\s++TRANSACTION|COMMIT|ROLLBACK|END|ABORT|SAVEPOINT|RELEASE|SET|RESET|USE|SHOW|DISCARD|DEALLOCATE|CLOSE|FETCH|MOVE"
    r"|VACUUM|ANALYZE|ANALYSE|CHECKPOINT|LISTEN|UNLISTEN|NOTIFY|FLUSH|OPTIMIZE|REPAIR|KILL|PRAGMA|CLUSTER|REFRESH|UNLOCK|LOCK)\b",
    re.IGNORECASE,
)
_VERB = re.compile(r"(?>(?:\s++|/\*(?>(?:[^*]|\*(?!/))*)\*/|--[^\n]*+)*)(\w++)")
_WORDS = re.compile(
    r"\s*+(DELETE|UPDATE|INSERT)\s++(?>(?:(?:LOW_PRIORITY|HIGH_PRIORITY|DELAYED|QUICK|IGNORE)\s++)+)", re.IGNORECASE
)
_TRANSACTION = re.compile(r"\s*+(?:BEGIN|START|COMMIT|ROLLBACK|END|ABORT|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
# A quoted string is kept as it is; a client's placeholder outside of one becomes the server's.
_CLIENT_PLACEHOLDER = re.compile(
    r"""('[^'\\]*+(?>(?:(?:\\.|'')[^'\\]*+)*)'|"[^"]*+"|`[^`]*+`)|(%s|%\(\w++\)s)""", re.DOTALL
)
_QUOTED = r"""(?P<quoted>'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]\[\n]*+\])"""
_PIECES = {
    "postgres": re.compile(
        r"""(?P<escaped>\b[eE]'[^'\\]*+(?>(?:\\[\s\S][^'\\]*+)*)')|(?P<quoted>'[^']*+'|"[^"]*+")"""
        r"|(?P<dollar>\$(?:[^\W\d]\w*+)?\$)|(?P<line>--[^\n]*+)|(?P<open>/\*)|(?P<close>\*/)"
    ),
    "mysql": re.compile(
        r"""(?P<quoted>'[^'\\]*+(?>(?:\\[\s\S][^'\\]*+)*)'|"[^"\\]*+(?>(?:\\[\s\S][^"\\]*+)*)"|`[^`]*+`)"""
        r"|(?P<line>--(?=\s|\Z)[^\n]*+|\#[^\n]*+)|(?P<code>/\*M?!\d*+)|(?P<open>/\*)|(?P<codeend>\*/)"
    ),
    "sqlite": re.compile(_QUOTED + r"|(?P<line>--[^\n]*+)|(?P<open>/\*)"),
}
_SKELETON = re.compile(
    r"""'[^']*+(?>(?:''[^']*+)*)'|"[^"]*+"|`[^`]*+`|--[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)\*/|(?P<open>[(\[]|\bCASE\b)|(?P<close>[)\]]|\bEND\b)"""
    r"|(?P<link>\b(?:AND|OR|UNION|JOIN|NOT)\b|[-+*/|,])",
    re.IGNORECASE,
)

_TIGHT_PLACEHOLDERS = re.compile(r"""(?<![\w$])\$\d+(?=[^\w\s$'"]{1,9}\$\d)""")
_TYPED_PLACEHOLDER = re.compile(
    r"([=<>(,]\s*|\b(?:and|between|then|else|select)\s+)(?:date|time|timestamp|timestamptz)\s+(\$\d+|\?)(?=\s*(?:[-+),;:]|and\b|or\b|\Z))",
    re.IGNORECASE,
)

logging.getLogger("sqlglot").addFilter(lambda record: record.levelno >= logging.ERROR)


def dialect(engine: EngineName) -> str:
    """sqlglot's name of the dialect."""
    return _DIALECTS[engine]


def quiet_kind(sql: str) -> str | None:
    """``transaction`` or ``utility`` for statements that are understood and touch no table; else None."""
    if not _QUIET.match(sql):
        return None
    return "transaction" if _TRANSACTION.match(sql) else "utility"


def parse(sql: str, engine: EngineName) -> Any:
    """The tree of one statement. Raises NotAnalysed."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = prepare(sql, engine)
    check_size(text)
    try:
        trees = [tree for tree in sqlglot.parse(text, read=_DIALECTS[engine]) if tree is not None]
    except RecursionError as error:
        raise NotAnalysed("nested too deeply") from error
    except SqlglotError as error:
        raise NotAnalysed(f"sqlglot cannot parse it: {_first_line(error)}") from error
    except Exception as error:
        raise NotAnalysed(f"sqlglot fails on it: {type(error).__name__}") from error
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if not trees:
        raise NotAnalysed("no statement in the text")
    if len(trees) > 1:
        raise NotAnalysed("several statements in one text")
    tree = trees[0]
    if isinstance(tree, exp.Command):
        raise NotAnalysed(f"{verb(sql)} is not analysed")
    return tree


def prepare(sql: str, engine: EngineName) -> str:
    """The text as the server's own parser would want it."""
    text = without_comments(sql, engine).strip().rstrip(";").rstrip()
    for prefix in (_CURSOR, _PREPARE):
        match = prefix.match(text)
        if match is not None:
            text = text[match.end() :]
    match = _COPY.match(text)
    if match is not None:
        close = text.rfind(")", 0, len(text))
        end = text.upper().rfind(") TO")
        text = text[match.end() : end if end > 0 else close]
    if engine != "postgresql":
        match = _REPLACE.match(text) or _INSERT_OR.match(text)
        if match is not None:
            text = "INSERT INTO " + text[match.end() :]
    if engine in ("mysql", "mariadb"):
        text = _WORDS.sub(lambda m: f"{m.group(1)} ", text, count=1)
    if engine == "postgresql" and ("$" in text or "?" in text):
        # sqlglot takes `$1,$2` for a dollar-quoted string, and wants a literal after the name of a type
        text = _TYPED_PLACEHOLDER.sub(r"\1\2", _TIGHT_PLACEHOLDERS.sub(r"\g<0> ", text))
    if "%s" in text or "%(" in text:
        text = _CLIENT_PLACEHOLDER.sub(lambda m: m.group(1) or "?", text)
    return text


def without_comments(sql: str, engine: EngineName) -> str:
    """The text with comments as blanks: sqlglot does not take ``ORDER /* by */ BY`` for one keyword.

    MySQL runs what stands in ``/*! ... */``, so that stays.
    """
    if "--" not in sql and "/*" not in sql and "#" not in sql:
        return sql
    pieces: list[str] = []
    position = depth = start = 0
    pattern = _PIECES[dialect(engine)]
    while (match := pattern.search(sql, position)) is not None:
        kind, position = match.lastgroup, match.end()
        if depth:
            depth += {"open": 1, "close": -1}.get(kind or "", 0)
            if not depth:
                start = position
            elif kind not in ("open", "close"):
                position = match.start() + 1  # quotes mean nothing inside of a comment
            continue
        if kind == "dollar":
            close = sql.find(match.group(), position)
            position = close + len(match.group()) if close >= 0 else len(sql)
        elif kind in ("line", "code", "codeend"):
            pieces += (sql[start : match.start()], " ")
            start = position
        elif kind == "open" and engine in ("mysql", "mariadb", "sqlite"):
            close = sql.find("*/", position)
            pieces += (sql[start : match.start()], " ")
            start = position = close + 2 if close >= 0 else len(sql)
        elif kind == "open":
            pieces += (sql[start : match.start()], " ")
            depth = 1
    if not depth:
        pieces.append(sql[start:])
    return "".join(pieces)


def check_size(text: str) -> None:
    """Refuses what a recursive parser should not be given."""
    if len(text) > LIMITS.statement_bytes:
        raise NotAnalysed(f"longer than {LIMITS.statement_bytes >> 10} KB")
    depth = 0
    chains = [0]
    for match in _SKELETON.finditer(text):
        if match.lastgroup == "open":
            depth += 1
            chains.append(0)
            if depth > LIMITS.statement_nesting:
                raise NotAnalysed(f"nested deeper than {LIMITS.statement_nesting} levels")
        elif match.lastgroup == "close" and depth:
            depth -= 1
            chains.pop()
        elif match.lastgroup == "link":
            if match.group() == ",":
                chains[-1] = 0
            else:
                chains[-1] += 1
                if chains[-1] > LIMITS.statement_chain:
                    raise NotAnalysed(f"more than {LIMITS.statement_chain} operators in one chain")


def verb(sql: str) -> str:
    """The first word of a statement, for messages."""
    match = _VERB.match(sql)
    return match.group(1).upper()[:40] if match is not None else "this statement"


def _first_line(error: Exception) -> str:
    text = str(error).replace("\x1b[4m", "").replace("\x1b[0m", "")
    return " ".join(text.split())[:160]
