"""Placeholders: ``{{ }}`` of Go's templates and others, ``${ }`` of Flyway and Liquibase, ``:name`` of psql.

Rendering never changes the number of lines before a place, so that lines stay those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.model.engine import EngineName

_BRACES = re.compile(r"\{\{-?\s{0,50}(/\*.{0,2000}?\*/|[^{}\n]{1,200}?)\s{0,50}-?\}\}", re.DOTALL)
#: What an open placeholder looks like; ``{{1,2}}`` is an array, and so is ``{{a,b}}``.
LEFT_BRACES = re.compile(rb"\{\{-?[ \t]*(?=[A-Za-z_.$])[^{},\n]{1,200}\}\}")
DOLLAR = re.compile(rb"\$\{([^{}\n]{1,200})\}")
_CONDITION = re.compile(r"(if|else|end|range|with|define|block|template)\b[ \t]*(.*)\Z", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
#: What templates call the products, so that a condition on one needs no placeholder.
_PRODUCTS: dict[str, tuple[EngineName, ...]] = {
    "postgres": ("postgresql",),
    "postgresql": ("postgresql",),
    "pgsql": ("postgresql",),
    "mysql": ("mysql", "mariadb"),
    "mariadb": ("mariadb",),
    "sqlite": ("sqlite",),
    "sqlite3": ("sqlite",),
}
_FALSE = frozenset({"", "0", "false", "no", "off"})


#: Depth of parentheses in a condition.
_DEEP = 20
_WORDS = re.compile(r"[()]|[^\s()]+")


class _OpenError(Exception):
    """The template asks for what nobody gave a value for: its name."""


@dataclass(frozen=True, slots=True)
class Left:
    """What of a template could not be rendered and stood on a line of its own, so that it is no part of a statement."""

    line: int
    text: str
    why: str


def braces(data: bytes, values: Mapping[str, str], engine: EngineName) -> tuple[bytes, list[Left]]:
    """With the values put in, and with the branches of ``{{if}}`` that hold; of a condition that nobody can tell both
    branches stay. A call of a function on a line of its own is taken out, and told."""
    left: list[Left] = []
    if b"{{" not in data:
        return data, left
    text = data.decode("utf-8", "replace")
    out: list[str] = []
    at, line, counted = 0, 1, 0
    open_: list[_Branch] = []
    for match in _BRACES.finditer(text):
        _put(out, text[at : match.start()], open_)
        at = match.end()
        inner = match[1]
        why: str | None = None
        word = _CONDITION.match(inner)
        if inner.startswith("/*"):
            _put(out, "\n" * match[0].count("\n"), open_)
            continue
        if word is None:
            value = values.get(inner, values.get(named(inner)))
            if value is not None or not _alone(text, match):
                _put(out, match[0] if value is None else _one_line(value), open_)
                continue
            why = f"what {match[0][:60]} stands for is not known: render the file first, or use --run"
        elif word[1] in ("if", "else"):
            why = _branch(word, open_, values, engine)
        elif word[1] == "end" and open_:
            open_.pop()
        else:
            if word[1] not in ("end", "template"):
                open_.append(_Branch(_read(open_), False))
            why = f"{match[0][:60]} is not rendered: render the file first, or use --run"
        if why is not None and _read(open_):
            line += text.count("\n", counted, match.start())
            counted = match.start()
            left.append(Left(line, match[0][:200], why))
        _put(out, "\n" * match[0].count("\n"), open_)
    _put(out, text[at:], open_)
    return "".join(out).encode(), left


@dataclass(slots=True)
class _Branch:
    """Of an ``{{if}}``: is this part of it read, as those around it are, and was one before it that holds?"""

    read: bool
    done: bool


def _read(open_: list[_Branch]) -> bool:
    return not open_ or open_[-1].read


def _branch(word: re.Match[str], open_: list[_Branch], values: Mapping[str, str], engine: EngineName) -> str | None:
    """Begin one; the answer is what cannot be told."""
    condition = word[2]
    before: _Branch | None = None
    if word[1] == "else":
        if not open_:
            return "an {{else}} without its {{if}}"
        before = open_.pop()
        if not condition.startswith("if"):
            open_.append(_Branch(not before.done and _read(open_), True))
            return None
        condition = condition[2:]
    try:
        holds = _holds(condition, values, engine)
    except _OpenError as open_name:
        done = before is not None and before.done
        open_.append(_Branch(not done and _read(open_), done))
        return f"both branches are read: nobody says what holds; give --placeholder {open_name}=true, or =false"
    done = before is not None and before.done
    open_.append(_Branch(holds and not done and _read(open_), holds or done))
    return None


def _alone(text: str, match: re.Match[str]) -> bool:
    """Has it a line for itself?"""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    behind = text[match.end() : end if end >= 0 else len(text)] if end - match.end() < 200 else "..."
    return match.start() - start < 200 and not text[start : match.start()].strip() and behind.strip() in ("", ";")


def _put(out: list[str], text: str, open_: list[_Branch]) -> None:
    """The text, or its line ends where its branch is not taken."""
    out.append(text if _read(open_) else "\n" * text.count("\n"))


def named(inner: str) -> str:
    """``.prefix``, ``$prefix``, ``index .Options "Namespace"``: the name that a value is given for."""
    quoted = _QUOTED.search(inner)
    if quoted is not None:
        return quoted[1] or quoted[2] or ""
    return inner.lstrip(".$").partition("|")[0].strip().rpartition(".")[2]


def _holds(condition: str, values: Mapping[str, str], engine: EngineName) -> bool:
    """Raises _OpenError where it cannot be told."""
    words = _WORDS.findall(condition)
    holds, at = _term(words, 0, values, engine, _DEEP)
    if at != len(words):
        raise _OpenError("NAME")
    return holds


def _term(words: list[str], at: int, values: Mapping[str, str], engine: EngineName, deep: int) -> tuple[bool, int]:
    """What stands at a place of a condition, and where it ends."""
    word = words[at] if at < len(words) and deep else ""
    if word == "(":
        holds, at = _term(words, at + 1, values, engine, deep - 1)
        if at >= len(words) or words[at] != ")":
            raise _OpenError("NAME")
        return holds, at + 1
    if word == "not":
        holds, at = _term(words, at + 1, values, engine, deep - 1)
        return not holds, at
    if word in ("and", "or"):
        each: list[bool] = []
        at += 1
        while at < len(words) and words[at] != ")":
            holds, at = _term(words, at, values, engine, deep - 1)
            each.append(holds)
        return all(each) if word == "and" else any(each), at
    if not word.startswith("."):
        raise _OpenError("NAME")
    name = named(word)
    if name in values:
        return values[name].lower() not in _FALSE, at + 1
    if name.lower() in _PRODUCTS:
        return engine in _PRODUCTS[name.lower()], at + 1
    raise _OpenError(name)


def dollars(data: bytes, values: Mapping[str, str]) -> bytes:
    """``${name}`` with the values put in; names in any case (Flyway, PlaceholderReplacingReader)."""
    if b"${" not in data:
        return data
    folded = {name.lower(): value for name, value in values.items()}

    def put(match: re.Match[bytes]) -> bytes:
        value = folded.get(match[1].decode("utf-8", "replace").lower())
        return match[0] if value is None else _one_line(value).encode()

    return DOLLAR.sub(put, data)


def _one_line(value: str) -> str:
    return " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
