"""Identity: everything that a statement's text says about which statement it is."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from advisor.fingerprint.checksum import checksum
from advisor.fingerprint.keying import normalise, normalise_bytes
from advisor.fingerprint.kind import Kind, kind_of
from advisor.fingerprint.lexer import COMMENT, VERSION, tokens
from advisor.model.engine import Dialect


class Identity(msgspec.Struct, frozen=True):
    """Which statement a text is an instance of."""

    fingerprint: str
    """16 hex digits: BLAKE2b of the normalised text. The same in every run, engine and process."""
    text: str
    """The normalised text."""
    kind: Kind
    hints: tuple[str, ...] = ()
    """Optimizer hints (``/*+ ... */``) and MySQL version comments, raw without ``/*`` and ``*/``. Version comments also
    stand in the text, because the server executes them; hints do not, because a hint does not make another query."""
    checksum: str | None = None
    """pt-query-digest's id; None for other engines than MySQL."""


def fingerprint_of(text: str) -> str:
    """Fingerprint of a normalised text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def brief(sql: str, dialect: Dialect) -> tuple[int, bytes, Kind]:
    """What a digest keeps of `identify`, at half its cost: fingerprint, normalised text in UTF-8, kind."""
    text = normalise_bytes(sql.encode("utf-8", "surrogatepass"), dialect)
    if not text.isascii():  # a cut character is replaced before the text is hashed, as in `normalise`
        text = text.decode("utf-8", "replace").encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest()), text, kind_of(text.decode("utf-8", "replace"))


def identify(sql: str, dialect: Dialect) -> Identity:
    """All of the identity. Costs a few passes over the text: meant for new shapes, not for every event."""
    text = normalise(sql, dialect)
    return Identity(
        fingerprint=fingerprint_of(text),
        text=text,
        kind=kind_of(text),
        hints=hints(sql, dialect) if "/*" in sql else (),
        checksum=checksum(sql) if dialect == "mysql" else None,
    )


def hints(sql: str, dialect: Dialect) -> tuple[str, ...]:
    """The optimizer hints and version comments of a statement, in order, white space trimmed."""
    raw = sql.encode("utf-8", "surrogatepass")
    found: list[bytes] = []
    opened = -1
    for token in tokens(raw, dialect):
        if token.kind == COMMENT and raw[token.inner : token.inner + 1] == b"+":
            found.append(raw[token.inner : token.inner_end])
        elif token.kind == VERSION:
            if opened >= 0:
                found.append(raw[opened : token.start])
            opened = token.start + 2 if raw[token.start : token.start + 2] == b"/*" else -1
    if opened >= 0:
        found.append(raw[opened:])
    return tuple(hint.decode("utf-8", "replace").strip() for hint in found)
