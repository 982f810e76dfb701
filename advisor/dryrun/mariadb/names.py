"""Names of databases in strangers' SQL, where ours have to stand instead."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.catalog.ddl.lexer import single


def renamed(sql: str, databases: Mapping[str, str]) -> str:
    """The statement with ``shop.orders`` as ``ours.orders``. Unchanged where every name is its own."""
    if all(old == new for old, new in databases.items()):
        return sql
    statement = single(sql, "mysql")
    tokens = statement.tokens
    pieces: list[str] = []
    at = 0
    for n, token in enumerate(tokens):
        if token.kind not in ("word", "quoted") or token.text not in databases:
            continue
        after = tokens[n + 1] if n + 1 < len(tokens) else None
        qualifies = after is not None and after.kind == "op" and after.text == "."
        inside = n > 0 and tokens[n - 1].kind == "op" and tokens[n - 1].text == "."
        used = n == 1 and tokens[0].upper == "USE"
        if (qualifies and not inside) or used:
            name = databases[token.text].replace("`", "``")
            pieces += [statement.text[at : token.start], f"`{name}`"]
            at = token.end
    pieces.append(statement.text[at:])
    return "".join(pieces)
