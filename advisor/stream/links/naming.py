"""What names say of references: `author_id`, `authorId`, `fk_author` and `app_authors` all speak of an author.

Names are split into words, words compared by the singulars they may have, so that a table's plural needs no
dictionary. A name is evidence, never proof: the caller ranks it below a declared key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
#: Words that make a column a key.
KEY_WORDS = frozenset(
    {
        "id",
        "uuid",
        "guid",
        "uid",
        "oid",
        "pk",
        "fk",
        "key",
        "code",
        "cd",
        "no",
        "nr",
        "num",
        "number",
        "ref",
        "slug",
        "token",
    }
)
#: What people and trades tell things apart by. Tables often share them without any declared reference.
NATURAL_WORDS = frozenset(
    {
        "email",
        "username",
        "login",
        "phone",
        "sku",
        "gtin",
        "ean",
        "upc",
        "asin",
        "isbn",
        "issn",
        "doi",
        "barcode",
        "serial",
        "iban",
        "bic",
        "isin",
        "vin",
        "imei",
        "hostname",
        "domain",
    }
)
#: Key words that also stand in front: `id_client`, `fk_author`.
_LEADING = frozenset({"id", "fk", "pk", "uuid", "idx"})
#: Words in front of a table's name that say that it is a table.
_TABLE_WORDS = frozenset({"tbl", "tb", "tab", "t", "dim", "fact", "v", "vw", "view"})
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "teeth": "tooth",
    "geese": "goose",
    "mice": "mouse",
    "data": "datum",
    "media": "medium",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "indices": "index",
    "matrices": "matrix",
    "vertices": "vertex",
    "appendices": "appendix",
    "quizzes": "quiz",
    "leaves": "leaf",
}
_MIN_GLUED = 3
"""Letters before an `id` that is written without a separator: fewer are words of their own (paid, grid)."""


class Reference(NamedTuple):
    """What a column's name says that it refers to."""

    words: tuple[str, ...]
    glued: bool = False
    """Cut from one word (`authorid`): only to be believed where such a table exists."""
    suffixed: bool = True
    """It has a word that makes it a key."""


@lru_cache(maxsize=16384)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case.

    >>> words("billingAddressID"), words("shop_order")
    (('billing', 'address', 'id'), ('shop', 'order'))
    """
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=16384)
def singulars(word: str) -> frozenset[str]:
    """The word and what it may be the plural of.

    >>> sorted(singulars("categories"))
    ['categorie', 'categories', 'category']
    """
    found = {word}
    if word in _IRREGULAR:
        found.add(_IRREGULAR[word])
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
        if word.endswith("es"):
            found.add(word[:-2])
        if word.endswith("ies"):
            found.add(word[:-3] + "y")
        if word.endswith("ves"):
            found |= {word[:-3] + "f", word[:-3] + "fe"}
        if word.endswith("ses"):
            found.add(word[:-2] + "is")
    return frozenset(found)


def same_word(one: str, other: str) -> bool:
    """Whether two words are one, in the singular or plural."""
    return one == other or not singulars(one).isdisjoint(singulars(other))


def same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names have the same words, each in the singular or plural; `orderitem` is `order_items` too."""
    if len(one) == len(other):
        return all(map(same_word, one, other))
    return bool(one and other) and same_word("".join(one), "".join(other))


@lru_cache(maxsize=16384)
def table_words(table: str) -> tuple[str, ...]:
    """The words of a table's name, without its schema and what only says that it is a table.

    >>> table_words("sales.tbl_orders")
    ('orders',)
    """
    found = words(table.rpartition(".")[2])
    return found[1:] if len(found) > 1 and found[0] in _TABLE_WORDS else found


@lru_cache(maxsize=16384)
def references(column: str) -> tuple[Reference, ...]:
    """What a column's name may refer to, the most literal first; empty where it only names a row's own key.

    >>> [r.words for r in references("author_id")]
    [('author',)]
    >>> references("id")
    ()
    """
    found = words(column)
    if not found or all(word in KEY_WORDS for word in found):
        return ()
    if found[-1] in KEY_WORDS:
        return (Reference(found[:-1]),)
    if found[0] in _LEADING:
        return (Reference(found[1:]),)
    last = found[-1]
    for ending in ("uuid", "guid", "id", "fk", "key", "no"):
        if last.endswith(ending) and len(last) - len(ending) >= _MIN_GLUED:
            cut = (*found[:-1], last[: -len(ending)])
            glued = [Reference(cut, True)]
            if len(cut) > 1 and len(cut[0]) <= 3:
                glued.append(Reference(cut[1:], True))  # o_custkey: the table's initial in front
            return (*glued, Reference(found, False, False))
    return (Reference(found, False, False),)


def is_key_name(column: str) -> bool:
    """Whether a name looks like a key's: `id`, `author_id`, `cust_no`, `authorid`."""
    found = words(column)
    return bool(found) and (
        found[-1] in KEY_WORDS or found[0] in _LEADING or any(reference.glued for reference in references(column))
    )


def is_natural_key(column: str) -> bool:
    """Whether a name is that of a natural key: `sku`, `borrower_email`."""
    return words(column)[-1:] != () and words(column)[-1] in NATURAL_WORDS


def is_row_key(column: str, table: str) -> bool:
    """Whether a name looks like the key of its own table's rows: `id`, `uuid`, `order_id` of `orders`."""
    found = words(column)
    if found and all(word in ("id", "uuid", "guid", "uid", "pk", "oid") for word in found):
        return True
    return any(
        reference.suffixed and same_words(reference.words, table_words(table)) for reference in references(column)
    )


def closeness(reference: tuple[str, ...], table: str, tables: Iterable[str]) -> float:
    """How well a reference's words fit a table's name, 0 to 1; `tables` are all that could be meant instead.

    1 for the same words; less where one has words before it (`shop_author`, `billing_address`), and nothing
    where another table fits better.
    """
    own = _closeness(reference, table_words(table))
    if own in (0.0, 1.0):
        return own
    best = max((_closeness(reference, table_words(other)) for other in tables), default=0.0)
    return 0.0 if best > own else own


@lru_cache(maxsize=65536)
def _closeness(reference: tuple[str, ...], table: tuple[str, ...]) -> float:
    if not reference or not table:
        return 0.0
    if same_words(reference, table):
        return 1.0
    if len(table) > len(reference) and same_words(reference, table[-len(reference) :]):
        return 0.8 - 0.05 * (len(table) - len(reference))
    if len(reference) > len(table) and same_words(reference[-len(table) :], table):
        return 0.7 - 0.05 * (len(reference) - len(table))
    if (
        len(reference) == len(table)
        and _abbreviated(reference[-1], table[-1])
        and all(map(same_word, reference[:-1], table[:-1]))
    ):
        return 0.5
    return 0.0


def _abbreviated(one: str, other: str) -> bool:
    """`cust` for `customers`: three letters or more, the beginning of the other."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and long.startswith(short)
