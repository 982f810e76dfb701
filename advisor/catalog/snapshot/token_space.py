"""Tokens that stand for texts: of one width and of letters that every collation sorts alike, in the texts' own order.

All texts of a database share one space, so that equal values of two columns stay equal. A column whose length leaves
no room for such a token (``char(2)``) shares a space with the columns of that length.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

from advisor.catalog.snapshot.value_types import ValueType
from advisor.model.snapshot import TextOrder

#: Begins the tokens of the common space.
SIGN = "v"
_TAG_DIGITS = 20
#: Digits come before letters and in this order in every collation. Letters are used only where ten signs do not do, and
#: only those that hardly a language puts elsewhere (Estonian z, Lithuanian y, Azeri q) or reads with the next as one
#: (ch, ll, sz): of ICU's 800 collations three languages' (Ewe, Igbo, Hawaiian) sort some pair otherwise.
_SIGNS = "0123456789bekmopsu"


def tag(key: str, text: str, limit: int | None) -> str:
    """The mark under which a literal finds its token: HMAC-SHA256 of the text, and of the length of a short column."""
    content = f"{'' if limit is None else limit}:{text}".encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(key), content, "sha256").hex()[:_TAG_DIGITS]


def bare(text: str, of: ValueType) -> str:
    """A text as it is compared: the trailing blanks of character(n) do not count."""
    return text.rstrip(" ") if of.padded else text


class TokenSpace:
    """Texts are shown to it (`see`), then it is sealed, then it has a token for each."""

    def __init__(self, order: TextOrder | None) -> None:
        self.order = order
        self.unplaced = 0
        """Texts that the server's order did not hold."""
        self._seen: dict[int | None, set[str]] = {}
        self._bytes: set[str] = set()
        self._tokens: dict[int | None, dict[str, str]] = {}
        self._byte_tokens: dict[str, str] = {}
        self._short: set[int] = set()

    def see(self, text: str, of: ValueType) -> None:
        """Remembers a text that will need a token."""
        if of.kind == "bytes":
            self._bytes.add(text)
        else:
            self._seen.setdefault(of.limit, set()).add(bare(text, of))

    @property
    def text_seen(self) -> bool:
        """Was there any text at all?"""
        return any(self._seen.values())

    def seal(self) -> None:
        """Gives every text its token."""
        texts: set[str] = set().union(*self._seen.values()) if self._seen else set()
        texts.discard("")
        width = len(str(max(len(texts) - 1, 0)))
        self._short = {limit for limit in self._seen if limit is not None and limit < width + len(SIGN)}
        place = self._places(texts)
        common = set().union(*(found for limit, found in self._seen.items() if limit not in self._short))
        ranked = sorted(common - {""}, key=place.__getitem__)
        self._tokens[None] = {text: f"{SIGN}{rank:0{width}d}" for rank, text in enumerate(ranked)}
        for limit in self._short:
            found = sorted(self._seen[limit] - {""}, key=place.__getitem__)
            base = 10 if len(found) <= 10**limit else len(_SIGNS)
            if len(found) <= base**limit:
                self._tokens[limit] = {text: _numeral(rank, base, limit) for rank, text in enumerate(found)}
        # '\x' sorts as bytes do; so does hex
        self._byte_tokens = {text: f"\\x{rank:08x}" for rank, text in enumerate(sorted(self._bytes))}

    def _places(self, texts: Iterable[str]) -> dict[str, int]:
        """The rank of each text: the server's; of those it did not say, beside what looks alike."""
        given = [] if self.order is None else list(dict.fromkeys(v.rstrip(" ") or v for v in self.order.values))
        known = {text: n for n, text in enumerate(given)}
        # character(n) may be printed with its blanks in one place and without in another
        highest = list(accumulate((_key(text) for text in given), max))
        placed: list[tuple[int, int, str]] = []
        for text in texts:
            at = known.get(text, known.get(text.rstrip(" ")))
            if at is None:
                self.unplaced += 1
                # code points where nothing is known; beside an order, letters first and case second
                placed.append((bisect_right(highest, _key(text)) if given else 0, 0, text))
            else:
                placed.append((at, 1, text))
        return {text: rank for rank, (_, _, text) in enumerate(sorted(placed))}

    def fits(self, of: ValueType) -> bool:
        """Are there tokens for all values of so short a type?"""
        return of.limit not in self._short or of.limit in self._tokens

    def space_of(self, of: ValueType) -> int | None:
        """The length that a type's texts share a space by; None: the common one."""
        return of.limit if of.limit in self._short else None

    def token(self, text: str, of: ValueType) -> str:
        """The token of a text that was seen. The empty text tells nothing and stays."""
        if of.kind == "bytes":
            return self._byte_tokens[text]
        text = bare(text, of)
        return self._tokens[self.space_of(of)][text] if text else text

    def tags(self, key: str, without: frozenset[str] | set[str]) -> dict[str, str]:
        """Tag to token, of all texts but those ``without``; sorted by tag, so that its order tells nothing."""
        found = {
            tag(key, text, space): token
            for space, tokens in self._tokens.items()
            for text, token in tokens.items()
            if text not in without
        }
        found.update({tag(key, text, None): token for text, token in self._byte_tokens.items()})
        return dict(sorted(found.items()))


def _key(text: str) -> tuple[str, str]:
    return text.casefold(), text


def _numeral(number: int, base: int, width: int) -> str:
    signs = []
    for _ in range(width):
        number, digit = divmod(number, base)
        signs.append(_SIGNS[digit])
    return "".join(reversed(signs))
