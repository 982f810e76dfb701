"""What kind of statement a normalised text is."""

from __future__ import annotations

import re
from typing import Final, Literal

Kind = Literal["select", "insert", "update", "delete", "merge", "ddl", "transaction", "utility", "call", "other"]

_WORDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("select", "select values table"),
    ("insert", "insert replace"),
    ("update", "update"),
    ("delete", "delete"),
    ("merge", "merge"),
    ("ddl", "create alter drop truncate rename comment grant revoke reindex cluster refresh import reassign security"),
    ("transaction", "begin start commit rollback savepoint release end abort xa"),
    (
        "utility",
        "explain analyze analyse vacuum set reset show use describe desc declare fetch move close prepare deallocate"
        " discard listen notify unlisten copy lock unlock kill flush checkpoint load optimize repair check checksum"
        " pragma attach detach help handler install uninstall purge change stop shutdown binlog cache signal resignal",
    ),
    ("call", "call execute exec do"),
)
_VERBS: Final[dict[str, Kind]] = {word: kind for kind, words in _WORDS for word in words.split()}
_WORD: Final = re.compile(r'"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^][]*\]|[()]|[a-z_][a-z0-9_$]*')


def kind_of(text: str) -> Kind:
    """Kind of a normalised text: of its first statement that is not one of BEGIN, SET..., unless it has only those.

    A statement that starts with common table expressions is what its main verb says; a data-changing one inside a
    CTE does not count, as the statement returns rows. EXPLAIN is ``utility`` whatever it explains.
    """
    if "; " not in text and (verb := _VERBS.get(text.partition(" ")[0])) is not None:
        return verb  # the ordinary statement, without a regular expression
    first: Kind = "other"
    for number, statement in enumerate(_statements(text)):
        kind = _kind(statement)
        if number == 0:
            first = kind
        if kind not in ("transaction", "utility", "other"):
            return kind
    return first


def _statements(text: str) -> list[str]:
    # A normalised text has no literal, so "; " stands within a quoted name at most: then the first part decides.
    return text.split("; ") if text else []


def _kind(statement: str) -> Kind:
    words = _WORD.finditer(statement)
    verb = next((word[0] for word in words if word[0] != "("), "")
    if verb != "with":
        return _VERBS.get(verb, "other")
    depth = 0
    for word in words:
        if word[0] == "(":
            depth += 1
        elif word[0] == ")":
            depth -= 1
        elif depth == 0 and _VERBS.get(word[0]) in ("select", "insert", "update", "delete", "merge"):
            return _VERBS[word[0]]
    return "other"
