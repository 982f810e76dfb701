"""Select lists: whether the key stands there, and under which name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from advisor.rewrites.statement import Node

if TYPE_CHECKING:
    from advisor.rewrites.selecting import Level


def with_columns(level: Level) -> Level:
    """The key in the select list, where it does not stand there under a name of its own."""
    from sqlglot import exp

    tree, names, added = level.tree, [], 0
    sources = 1 + len(tree.args.get("joins") or ())
    outputs = [output_name(item).lower() for item in tree.expressions]
    stars = [item for item in tree.expressions if item.is_star]
    for key, wanted in zip(level.keys, level.names, strict=True):
        own = [
            item
            for item in tree.expressions
            if _same(item.unalias(), key, sources) and outputs.count(output_name(item).lower()) == 1 and not stars
        ]
        covering = len(stars) == 1 and len(tree.expressions) == 1 and isinstance(key, exp.Column) and sources == 1
        if own:
            names.append(output_name(own[0]))
        elif covering:
            names.append(wanted)
        else:
            free = wanted if wanted.lower() not in outputs and not stars else f"key_{wanted}"
            while free.lower() in outputs:
                free += "_"
            tree.append("expressions", shown(key, free))
            outputs.append(free.lower())
            names.append(free)
            added += 1
    return replace(level, names=names, last=level.last + added + (level.beneath if stars else 0))


def _same(item: Node, key: Node, sources: int) -> bool:
    """An output is the key: of an only relation, qualified or not."""
    from sqlglot import exp

    if item == key:
        return True
    both = isinstance(item, exp.Column) and isinstance(key, exp.Column) and sources == 1
    return both and item.this == key.this and not (item.table and key.table)


def output_name(item: Node) -> str:
    """The name that an item of a select list has by itself; empty where each engine makes up its own."""
    from sqlglot import exp

    return str(item.alias_or_name) if isinstance(item, (exp.Alias, exp.Column)) else ""


def shown(key: Node, name: str) -> Node:
    """The key as an item of a select list."""
    from sqlglot import exp

    copy = key.copy()
    return copy if isinstance(copy, exp.Column) and copy.name == name else exp.alias_(copy, as_name(name))


def as_name(name: str) -> Node:
    """A name of an output; quoted where it needs to be."""
    from sqlglot import exp

    return exp.to_identifier(name, quoted=name != name.lower() or not name.isidentifier())


def told(notes: list[str], note: str) -> list[str]:
    """Notes with one more, told once."""
    return notes if note in notes else [*notes, note]
