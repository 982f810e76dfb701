"""Whether an index that exists already does all that a proposed one would."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.model.catalog import Index, IndexKey
from advisor.model.engine import EngineName
from advisor.recommend.candidates.proposal import Maker, Proposal


def served(proposal: Proposal, maker: Maker) -> bool:
    """An existing valid index is the proposed one, or has its keys as leading ones: it serves the same reads."""
    return any(_does(index, proposal, maker) for index in maker.table.indexes)


def _does(index: Index, proposal: Proposal, maker: Maker) -> bool:
    wanted = proposal.index
    if not index.valid or not index.visible:
        return False
    if index.method != wanted.method:
        return _hashed(index, proposal)
    if _text(index.where) != _text(wanted.where):
        return False
    engine = wanted.engine
    own = [*index.keys, *(IndexKey(column=column) for column in maker.appended())]
    if index.method != "btree":
        return [_what(key) for key in index.keys] == [_what(key) for key in wanted.keys]
    if len(own) < len(wanted.keys):
        return False
    have = own[: len(wanted.keys)]
    if any(not _holds(one, other) for one, other in zip(have, wanted.keys, strict=True)):
        return False
    held = {key.column for key in own if key.prefix is None} | set(index.include)
    if not set(wanted.include) <= held:
        return False
    return not proposal.ordered or _same_order(have[proposal.fixed :], wanted.keys[proposal.fixed :], engine)


def _hashed(index: Index, proposal: Proposal) -> bool:
    """A hash index finds equal values as well as a B-tree does."""
    wanted = proposal.index
    equality = len(wanted.keys) == proposal.fixed == 1 and wanted.method == "btree" and not wanted.include
    return equality and index.method == "hash" and index.where is None and index.keys[0].column == wanted.keys[0].column


def _holds(have: IndexKey, wanted: IndexKey) -> bool:
    if _what(have) != _what(wanted):
        return False
    return have.prefix is None or (wanted.prefix is not None and have.prefix >= wanted.prefix)


def _what(key: IndexKey) -> tuple[str | None, str | None, str | None, str | None]:
    return (key.column, _text(key.expression), (key.opclass or "").rpartition(".")[2] or None, key.collation)


def _same_order(have: Sequence[IndexKey], wanted: Sequence[IndexKey], engine: EngineName) -> bool:
    """In one direction or, all of them, in the other."""
    turns = {
        (one.descending != other.descending, _nulls_first(one, engine) != _nulls_first(other, engine))
        for one, other in zip(have, wanted, strict=True)
    }
    return turns <= {(False, False)} or turns <= {(True, True)}


def _nulls_first(key: IndexKey, engine: EngineName) -> bool:
    if engine == "postgresql":
        return key.descending if key.nulls_first is None else key.nulls_first
    return not key.descending


def _text(sql: str | None) -> str | None:
    """SQL as far as blanks, capitals, outer parentheses and the casts of literals go."""
    if sql is None:
        return None
    text = re.sub(r"::[a-z_][a-z0-9_ ]*", "", " ".join(sql.lower().split()))
    return re.sub(r"[\s()\"`]", "", text)
