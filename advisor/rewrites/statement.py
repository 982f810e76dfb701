"""A statement of a loop with its values as named slots, whatever stood for them in the text.

A driver's ``%s``, a server's ``$1``, the ``?`` of a shape and the literals of a logged execution are the same to what
follows: values that the application gave. Literals that are part of the question (``LIMIT 1``, ``coalesce(x, 0)``)
stay in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from advisor.graphs import parse
from advisor.graphs.graph import NotAnalysed
from advisor.model.engine import EngineName

#: A sqlglot tree: its argument values are untyped.
Node: TypeAlias = Any

_STRING = {
    "postgresql": r"[eE]'(?:[^'\\]|\\.|'')*'|'[^']*'|\$(?:[^\W\d]\w*)?\$.*?\$(?:[^\W\d]\w*)?\$",
    "mysql": r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"",
    "sqlite": r"'[^']*'",
}
#: A constant that queries select to say that there is a row: 1, or a letter.
_MARKER = re.compile(r"\w?")
_MARK = r"%s|%\(\w+\)s|\$\d+|\?(?![|&?])\d*|(?<![:\w\]]):[A-Za-z_]\w*|@ ?__?\w+|@p\d+\b"


@dataclass(frozen=True)
class Slot:
    """A value that the application gives."""

    name: str
    literal: Node | None = None
    """The value in the text that was read; None where the text has a placeholder."""


@dataclass(frozen=True)
class Statement:
    """A parsed statement. Its slots stand in the tree as placeholders with their names."""

    tree: Node
    engine: EngineName
    slots: dict[str, Slot]

    @property
    def dialect(self) -> str:
        """sqlglot's name of the dialect."""
        return parse.dialect(self.engine)


def read(sql: str, engine: EngineName) -> Statement:
    """Parses one statement. Raises NotAnalysed."""
    from sqlglot import exp

    tree = _parsed(sql, engine)
    if not isinstance(tree, (exp.Query, exp.Insert, exp.Update, exp.Delete)):
        raise NotAnalysed(f"{parse.verb(sql)} is not batched")
    slots = {str(node.name): Slot(str(node.name)) for node in tree.find_all(exp.Placeholder) if node.name}
    for number, value in enumerate(_values(tree)):
        if not isinstance(value, exp.Placeholder) and _is_value(value):
            name = f"v{number}"
            slots[name] = Slot(name, value.copy())
            value.replace(exp.Placeholder(this=name))
    return Statement(tree, engine, slots)


def _parsed(sql: str, engine: EngineName) -> Node:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = parse.without_comments(sql, engine).strip().rstrip(";").rstrip()
    parse.check_size(text)
    try:
        trees = [tree for tree in sqlglot.parse(_named(text, engine), read=parse.dialect(engine)) if tree is not None]
    except RecursionError as error:
        raise NotAnalysed("nested too deeply") from error
    except SqlglotError as error:
        raise NotAnalysed(f"sqlglot cannot parse it: {str(error).splitlines()[0][:120]}") from error
    except Exception as error:
        raise NotAnalysed(f"sqlglot fails on it: {type(error).__name__}") from error
    if len(trees) != 1:
        raise NotAnalysed("several statements in one text" if trees else "no statement in the text")
    if engine == "postgresql":  # as the server folds them: what is quoted later must be the same name
        for name in trees[0].find_all(exp.Identifier):
            if not name.args.get("quoted"):
                name.set("this", name.name.lower())
    return trees[0]


def slot(node: Node) -> str | None:
    """The name of the slot that a value is, in parentheses and casts or not."""
    from sqlglot import exp

    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return str(node.name) if isinstance(node, exp.Placeholder) and node.name else None


def varying(statement: Statement, samples: Sequence[str]) -> dict[str, bool]:
    """Slots of which logged executions tell whether their values change. Those that they do not tell of are absent."""
    from sqlglot import exp

    places = _values(statement.tree)
    seen: dict[str, set[str]] = {name: set() for name in statement.slots}
    compared = 0
    for text in samples:
        try:
            values = _values(_parsed(text, statement.engine))
        except NotAnalysed:
            continue
        if len(values) != len(places):
            continue
        compared += 1
        for place, value in zip(places, values, strict=True):
            if isinstance(place, exp.Placeholder) and not isinstance(value, exp.Placeholder):
                seen[str(place.name)].add(value.sql())
    return {name: len(values) > 1 for name, values in seen.items() if values} if compared > 1 else {}


def asked(statement: Statement, samples: Sequence[str]) -> Statement:
    """The statement with what a shape hides and the question needs: how many rows, and the constants it selects.

    A shape has ``?`` for the 1 of ``SELECT 1 ... LIMIT 1`` too. Nothing that rows are compared with is taken over, and
    no constant that may be somebody's: what is made of the statement is shown to people.
    """
    from sqlglot import exp

    for text in samples:
        try:
            values = _values(_parsed(text, statement.engine))
        except NotAnalysed:
            continue
        places = _values(statement.tree)
        if len(values) != len(places):
            continue
        slots = dict(statement.slots)
        for place, value in zip(places, values, strict=True):
            parent = place.parent.parent if isinstance(place.parent, (exp.Paren, exp.Alias)) else place.parent
            structural = isinstance(parent, (exp.Limit, exp.Offset, exp.Fetch)) or (
                isinstance(parent, exp.Select) and bool(_MARKER.fullmatch(value.name))
            )
            if structural and isinstance(place, exp.Placeholder) and isinstance(value, exp.Literal):
                slots.pop(str(place.name), None)
                place.replace(value.copy())
        return Statement(statement.tree, statement.engine, slots)
    return statement


def _values(tree: Node) -> list[Node]:
    """Placeholders and literals in the order of the text, a negative number as one."""
    from sqlglot import exp

    found = tree.find_all(exp.Placeholder, exp.Literal, bfs=False)
    return [node.parent if isinstance(node.parent, exp.Neg) else node for node in found]


def _named(text: str, engine: EngineName) -> str:
    """The text with a name in place of every placeholder: ``$1`` twice is one value, ``?`` twice are two."""
    pattern = re.compile(f'({_STRING[_lexical(engine)]}|"[^"]*"|`[^`]*`)|({_MARK})', re.DOTALL)
    named: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        mark = match.group(2)
        if mark is None:
            return match.group(1)
        key = mark if mark not in ("%s", "?") else f"{mark}{len(named)}"
        return f" :a{named.setdefault(key, str(len(named)))} "

    # A cast right behind a placeholder needs no blank, and sqlglot wants none.
    return re.sub(r"(:a\d+) (?=::|\))", r"\1", pattern.sub(name, text))


def _lexical(engine: EngineName) -> str:
    return "mysql" if engine == "mariadb" else engine


def _is_value(node: Node) -> bool:
    """A literal that is compared, assigned or inserted: the application may give another one the next time."""
    from sqlglot import exp

    parent = node.parent
    while isinstance(parent, (exp.Paren, exp.Cast)):
        node, parent = parent, parent.parent
    comparisons = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike, exp.Between, exp.NullSafeEQ)
    if isinstance(parent, exp.In):
        return node is not parent.this
    if isinstance(parent, comparisons):
        return not isinstance(parent.this, (exp.Literal, exp.Placeholder)) or node is not parent.this
    if isinstance(parent, (exp.Add, exp.Sub, exp.Mul, exp.Div)):
        return parent.find_ancestor(exp.Update) is not None
    return isinstance(parent, exp.Tuple) and parent.find_ancestor(exp.Values) is not None
