"""The lines of one MySQL plan of FORMAT=TREE: where it ends, and which lines a wrap cut off."""

from __future__ import annotations

import re

from advisor.plans.decoration import signs
from advisor.plans.decoration.balance import balance
from advisor.plans.decoration.lines import Lines
from advisor.plans.decoration.postgresql_text import Taken, indent_of
from advisor.plans.decoration.wraps import Joints, join

_MORE = re.compile(r"[ \t]*-> (?:Select #\d|\(?subquer)", re.IGNORECASE)

#: Operators that never stand alone: an arrow below in the same column shows that the blanks before it were lost.
_HOLDS = re.compile(
    r"[ \t]*-> (?:Limit|Offset|Sort|Filter|Nested loop|Aggregate|Group|Stream|Inner hash|Left hash|Window)"
)

#: How the sentences of operators begin, and the numbers behind them: without any of them the arrows are prose.
_SENTENCE = re.compile(
    r"[ \t]*-> (?:Filter|Index|Covering|Single-row|Multi-range|Full-text|Table|Constant|Nested|Batched|Inner|Left|Hash|"
    r"Sort|Aggregate|Group|Window|Limit|Offset|Materialize|Temporary|Union|Except|Intersect|Insert|Replace|Update|Delete|"
    r"Rows|Zero|Stream|Append|Remove|Deduplicate|Fill|Select|Count|Alternative|Intersect|Repeat|Clustered)\b"
    r"|.*\((?:cost=\d|actual (?:time|rows)=\d|rows=\d|never executed\))"
)


def is_plan(lines: Lines) -> bool:
    """Whether any line behind an arrow is an operator's. A single line may be one that was cut short."""
    return any(_SENTENCE.match(text) for text in lines.texts)


#: An operator of MySQL with its estimate, which has no width.
_ESTIMATED = re.compile(
    r"[ \t]*[A-Z].*\((?:cost=[\d.e+]+(?:\.\.[\d.e+]+)? )?rows=[\d.e+]+\)(?: {1,2}\(actual [^()]*\))?[ \t]*$"
)


def is_headless(lines: Lines, index: int) -> bool:
    """Whether the line is a root that was pasted without its arrow: the line below is its child."""
    texts = lines.texts
    return (
        index + 1 < len(texts)
        and signs.TREE.match(texts[index + 1]) is not None
        and not signs.ARROW.match(texts[index + 1])
        and indent_of(texts[index + 1]) > indent_of(texts[index])
        and _ESTIMATED.match(texts[index]) is not None
    )


def with_arrow(lines: Lines, index: int) -> str:
    """That line with the arrow that it had."""
    return " " * max(indent_of(lines.texts[index + 1]) - 4, 0) + "-> " + lines.texts[index].lstrip()


def take(lines: Lines, start: int) -> Taken:
    """The plan whose first arrow stands on line ``start``."""
    texts = lines.texts
    first = texts[start]
    root = first.index("->") if "->" in first else 0
    joints = Joints()
    depth, quote = _balance(first)
    flat = False
    index = start + 1
    while index < len(texts):
        text = texts[index]
        if quote:
            joints.inside_literal.append(index)
            depth, quote = _balance(text, depth, quote)
            index += 1
            continue
        stripped = text.strip()
        # The client's own continuation prompt is an arrow too.
        prompt = signs.PROMPT.match(text) and not signs.TREE.match(text)
        if not stripped or signs.COUNT.match(text) or signs.FENCE.match(text) or prompt:
            break
        if signs.TREE.match(text):
            if index == start + 1 and indent_of(text) == root and _HOLDS.match(first):
                flat = True  # the reader says so
            if indent_of(text) <= root and not flat and not _MORE.match(text):
                break
            depth, quote = _balance(text)
        elif (
            depth > 0
            or stripped[0] in "(),.=<>0123456789'`"
            or len(texts[index - 1]) + 8 > max(map(len, texts[start:index]))
        ):
            joints.wrapped.append(index)
            depth, quote = _balance(text, depth, quote)
        else:
            break
        index += 1
    joined = join(lines, start, index, joints)
    out = joined.lines
    margin = indent_of(out.texts[0])
    if margin:
        out = out.with_texts([t[margin:] if not t[:margin].strip() else t.lstrip() for t in out.texts])
    return Taken(out, index, joined.warnings)


def _balance(text: str, depth: int = 0, quote: str = "") -> tuple[int, str]:
    """As `balance`; a quote with a backslash before it is a character of the literal."""
    if "\\" in text:
        text = re.sub(r"\\.", "", text)
    return balance(text, depth, quote)
