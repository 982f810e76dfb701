"""IGNORE INDEX behind the tables of a query: plans as if these indexes were not there, without changing the table.

https://mariadb.com/kb/en/ignore-index/. Only names of tables that stand where a table can stand are looked at; whoever
asks checks that the plan considers none of the indexes, because a table may be read through a view.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from advisor.fingerprint import lexer
from advisor.planners.mariadb.synthetic import quoted

_TABLES_FOLLOW = frozenset({b"FROM", b"JOIN", b"STRAIGHT_JOIN", b"UPDATE"})
_TABLES_END = frozenset(
    b"WHERE GROUP HAVING ORDER LIMIT UNION EXCEPT INTERSECT SET SELECT VALUES WINDOW FOR PROCEDURE INTO LOCK".split()
)
_SINGLE_ONLY = frozenset({b"ORDER", b"LIMIT", b"RETURNING"})
_BETWEEN = frozenset({b"LOW_PRIORITY", b"IGNORE", b"LATERAL"})
#: What may follow a table and is no alias of it.
_NO_ALIAS = (
    frozenset(
        b"ON USING JOIN LEFT RIGHT INNER OUTER CROSS NATURAL STRAIGHT_JOIN USE FORCE IGNORE PARTITION FETCH OFFSET "
        b"RETURNING WITH FULL".split()
    )
    | _TABLES_END
)


def hinted(sql: str, ignored: Mapping[str, Sequence[str]]) -> str:
    """The statement with hints; ``ignored`` is indexes by table (lower case).

    A DELETE of one table is written as one of several, which may have hints and finds its rows in the same way.
    """
    text = sql.encode("utf-8", "surrogatepass")
    tokens = [one for one in lexer.tokens(text, "mysql") if one.kind not in (lexer.COMMENT, lexer.VERSION)]
    words = [text[one.start : one.end].upper() if one.kind == lexer.WORD else b"" for one in tokens]
    places: list[tuple[int, str]] = []
    among = [False]  # whether tables stand here, by depth of parentheses
    next_is_table = [False]
    at = 0
    while at < len(tokens):
        token, word = tokens[at], words[at]
        if token.kind == lexer.LPAREN:
            among.append(next_is_table[-1])
            next_is_table.append(next_is_table[-1])
        elif token.kind == lexer.RPAREN:
            if len(among) > 1:
                among.pop()
                next_is_table.pop()
            next_is_table[-1] = False
        elif word in _TABLES_FOLLOW:
            among[-1] = next_is_table[-1] = True
        elif word in _TABLES_END:
            among[-1] = next_is_table[-1] = False
        elif token.kind == lexer.COMMA:
            next_is_table[-1] = among[-1]
        elif next_is_table[-1] and word not in _BETWEEN and token.kind in (lexer.WORD, lexer.QUOTED):
            next_is_table[-1] = False
            name = at
            if at + 2 < len(tokens) and tokens[at + 1].kind == lexer.DOT:
                name = at = at + 2
            names = ignored.get(_name(text, tokens[name]))
            at = _behind(tokens, words, at)
            if names:
                hint = f" IGNORE INDEX ({', '.join(quoted(one) for one in names)})"
                places.append((tokens[at].end, hint))
        at += 1
    if words[:2] == [b"DELETE", b"FROM"] and places and not _SINGLE_ONLY & set(words):
        last = _behind(tokens, words, 4 if len(tokens) > 4 and tokens[3].kind == lexer.DOT else 2)
        if last + 1 == len(tokens) or words[last + 1] == b"WHERE":
            target = text[tokens[last].start : tokens[last].end].decode("utf-8", "surrogatepass")
            places.insert(0, (tokens[0].end, f" {target}"))
    for end, words_there in reversed(places):
        text = text[:end] + words_there.encode("utf-8", "surrogatepass") + text[end:]
    return text.decode("utf-8", "surrogatepass")


def aliases(sql: str, tables: Collection[str]) -> dict[str, str]:
    """What plans call tables (lower case) that have another name in the query: name to table."""
    text = sql.encode("utf-8", "surrogatepass")
    words = [
        _name(text, one)
        for one in lexer.tokens(text, "mysql")
        if one.kind in (lexer.WORD, lexer.QUOTED, lexer.COMMA, lexer.LPAREN, lexer.RPAREN)
    ]
    found: dict[str, str] = {}
    for place, word in enumerate(words[:-1]):
        if word in tables:
            after = words[place + 1 : place + 3]
            alias = after[-1] if after[0] == "as" else after[0]
            if alias not in tables:
                found.setdefault(alias, word)
    return found


def _behind(tokens: Sequence[lexer.Token], words: Sequence[bytes], at: int) -> int:
    """The last token of a table with its alias."""
    after = at + 1
    if after < len(tokens) and words[after] == b"AS":
        return min(after + 1, len(tokens) - 1)
    if after < len(tokens) and tokens[after].kind in (lexer.WORD, lexer.QUOTED) and words[after] not in _NO_ALIAS:
        return after
    return at


def _name(text: bytes, token: lexer.Token) -> str:
    shown = text[token.inner : token.inner_end] if token.kind == lexer.QUOTED else text[token.start : token.end]
    return shown.decode("utf-8", "replace").replace("``", "`").strip("`").lower()
