"""PostgreSQL's printed expressions (ruleutils.c and explain.c of 9.6 to 18)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from advisor.fingerprint import lexer
from advisor.plans.links.lexemes import Lexeme, lexemes
from advisor.plans.links.pieces import partners

#: Operators of operator classes for patterns compare as the plain ones do, byte by byte.
_PATTERN = {"~>=~": ">=", "~<=~": "<=", "~<~": "<", "~>~": ">", "~~": "LIKE", "!~~": "NOT LIKE"}
_PATTERN |= {"~~*": "ILIKE", "!~~*": "NOT ILIKE", "*=": "=", "*<>": "<>"}
#: What sqlglot reads as an operator of PostgreSQL; another is written OPERATOR(..).
_KNOWN = frozenset(
    """
    = <> != < > <= >= + - * / % ^ || | & # ~ << >> !~ ~* !~* @> <@ && -> ->> #> #>> ? ?| ?& @? @@ <-> -|- &< &>
    """.split()  # noqa: SIM905
)
_SUBPLAN = re.compile(
    r"\(\s*(?:(?:hashed|rescan)\s+)?((?:SubPlan|InitPlan|CTE)\s[^()]*?)\s*\)\Z"
    r"|\(\s*alternatives:\s*(SubPlan \d+)[^()]*\)\Z"
)
_COLUMN = re.compile(r"col\d+\Z")


def as_sql(text: str, params: Mapping[str, str]) -> str:
    """The text with what only EXPLAIN prints put into SQL."""
    tokens = lexemes(text, "postgresql")
    pairs = partners(tokens)
    out: list[str] = []
    position = index = 0
    dropped: set[int] = set()
    quantified: list[tuple[int, str]] = []  # up to which lexeme, ANY or ALL
    while index < len(tokens):
        token = tokens[index]
        out.append(text[position : token.start])
        while quantified and index > quantified[-1][0]:
            quantified.pop()
        written, upto = _rewritten(text, tokens, pairs, index, params, quantified[-1][1] if quantified else "")
        if index in dropped:
            written = ""
        elif (word := _test(tokens, pairs, index)) is not None:
            # (ANY (c.id = (hashed SubPlan 2).col1)): the quantifier goes where SQL has it.
            quantified.append((pairs[index + 1] or index, word))
            written = ""
        out.append(written)
        position = tokens[upto - 1].end
        index = upto
    out.append(text[position:])
    return "".join(out)


def _test(tokens: Sequence[Lexeme], pairs: Sequence[int | None], index: int) -> str | None:
    """ANY or ALL in front of a whole comparison."""
    token = tokens[index]
    if token.kind != lexer.WORD or token.word not in ("ANY", "ALL") or index + 1 >= len(tokens):
        return None
    before = tokens[index - 1] if index else None
    if before is not None and before.kind != lexer.LPAREN and before.word not in ("NOT", "AND", "OR"):
        return None
    return token.word if pairs[index + 1] is not None else None


def _rewritten(
    text: str,
    tokens: Sequence[Lexeme],
    pairs: Sequence[int | None],
    index: int,
    params: Mapping[str, str],
    quantifier: str,
) -> tuple[str, int]:
    """What is written for the lexeme, and the number of the lexeme after what that stands for."""
    token = tokens[index]
    as_is = text[token.start : token.end]
    if token.kind == lexer.LPAREN:
        end = pairs[index]
        if end is not None and end - index <= 12 and (found := _SUBPLAN.match(text[token.start : tokens[end].end])):
            name = found.group(1) or found.group(2)
            upto = end + 1
            if upto + 1 < len(tokens) and tokens[upto].kind == lexer.DOT:
                column = tokens[upto + 1]
                if _COLUMN.match(text[column.start : column.end]):
                    upto += 2
            quoted = name.replace("'", "''")
            return f"{quantifier} (SELECT '{quoted}')".lstrip(), upto
    elif token.kind == lexer.PLACEHOLDER and as_is in params:
        return f"(SELECT '{params[as_is]}')", index + 1
    elif token.kind == lexer.WORD:
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.word == "PG_CATALOG" and after is not None and after.kind == lexer.DOT:
            return "", index + 2
        if token.word == "OPERATOR" and after is not None and after.kind == lexer.LPAREN:
            end = pairs[index + 1]
            if end is not None and tokens[end - 1].kind == lexer.OPERATOR:
                return f" {_operator(tokens[end - 1].word)} ", end + 1
        if token.word == "OVER" and after is not None and after.kind == lexer.LPAREN:
            end = pairs[index + 1]
            if end == index + 3 and tokens[index + 2].kind == lexer.PLACEHOLDER:
                return "OVER ()", end + 1
    elif token.kind == lexer.CASTED and token.word == "::text":
        return "", index + 1  # a constant is text anyway; sqlglot sees a format only where no cast hides it
    elif token.kind == lexer.OPERATOR:
        return _operator(token.word, spaced=token.word in _PATTERN), index + 1
    return as_is, index + 1


def _operator(word: str, *, spaced: bool = False) -> str:
    if word in _PATTERN:
        return f" {_PATTERN[word]} " if spaced else _PATTERN[word]
    if word in _KNOWN or not re.fullmatch(r"[-+*/<>=~!@#%^&|?`]+", word):
        return word
    return f"OPERATOR({word})"
